import type { SourceKind } from '../../../core/connection.ts';
import type { DirectorySource } from '../../../core/directory.ts';
import { openSession } from './ldap-session.ts';
import { testConnection } from './test-connection.ts';

/** LDAP servers of any make; which make it is, is asked of the server, not taken from the kind. */
export const ldapSource = (kind: SourceKind): DirectorySource => ({ kind, open: openSession, test: testConnection });
