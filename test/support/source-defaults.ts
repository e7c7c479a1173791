import type { FieldMapping, Scope, SourceKind } from '../../src/core/connection.ts';
import { sources } from '../../src/sync/source/sources.ts';

/** What a new connection of a kind starts with. */
export function defaultMappings(kind: SourceKind): FieldMapping[] {
  return sources[kind].info().defaultMappings;
}

export function defaultScope(kind: SourceKind): Scope {
  return sources[kind].info().defaultScope;
}

/** How LDAP names attributes. */
export const ldapNames = sources.LDAP.attributes;
