import { registerEnumType } from 'type-graphql';
import { SourceKind } from '../../core/connection.ts';

registerEnumType(SourceKind, {
  name: 'SourceKind',
  description: 'The kinds of source that can be read.',
  valuesConfig: {
    LDAP: { description: 'Any LDAP directory: OpenLDAP, 389 Directory Server, FreeIPA, eDirectory and others.' },
    ACTIVE_DIRECTORY: { description: 'Microsoft Active Directory, or a Samba domain controller.' },
  },
});

export { SourceKind };
