import type { FieldMapping, Scope, SourceKind } from '../../src/core/connection.ts';
import { sources } from '../../src/sync/source/sources.ts';

/** The mappings with which a new connection of this kind starts. */
export function defaultMappings(kind: SourceKind): FieldMapping[] {
  return sources[kind].info().defaultMappings;
}

export function defaultScope(kind: SourceKind): Scope {
  return sources[kind].info().defaultScope;
}

/** The rules of LDAP for attribute names. */
export const ldapNames = sources.LDAP.attributes;
