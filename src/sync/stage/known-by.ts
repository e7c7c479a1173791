import type { ConnectionSettings } from '../../core/connection.ts';

/** All besides an entry that decides what becomes of it, as text: where any of it changes, everybody is looked at again. */
export const knownBy = ({ mappings, priority, scope }: ConnectionSettings, mappingVersion: string): string =>
  JSON.stringify([mappingVersion, mappings, priority, scope.requireEmail]);
