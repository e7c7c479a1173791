import { registerEnumType } from 'type-graphql';
import { SourceKind } from '../../core/connection.ts';

const descriptions: Record<SourceKind, string> = {
  LDAP: 'Any LDAP directory: OpenLDAP, 389 Directory Server, FreeIPA, eDirectory and others.',
  ACTIVE_DIRECTORY: 'Microsoft Active Directory, or a Samba domain controller.',
  CSV: 'A CSV file, uploaded or fetched from an https:// address.',
};

registerEnumType(SourceKind, {
  name: 'SourceKind',
  description: 'The kinds of source that can be read.',
  valuesConfig: Object.fromEntries(Object.entries(descriptions).map(([kind, description]) => [kind, { description }])),
});

export { SourceKind };
