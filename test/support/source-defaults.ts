import type { FieldMapping, Scope, SourceKind } from '../../src/core/connection.ts';
import { sources } from '../../src/sync/source/sources.ts';

/** What a new connection of a kind starts with. */
export const defaultMappings = (kind: SourceKind): FieldMapping[] => sources[kind].info().defaultMappings;
export const defaultScope = (kind: SourceKind): Scope => sources[kind].info().defaultScope;

/** How LDAP names attributes. */
export const ldapNames = sources.LDAP.attributes;
