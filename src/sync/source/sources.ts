import type { SourceKind } from '../../core/connection.ts';
import type { DirectorySource } from '../../core/directory.ts';
import { ldapSource } from './ldap/ldap-source.ts';

/** Every kind of source that can be read. */
export const sources = {
  LDAP: ldapSource('LDAP'),
  ACTIVE_DIRECTORY: ldapSource('ACTIVE_DIRECTORY'),
} satisfies Record<SourceKind, DirectorySource>;
