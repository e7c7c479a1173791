import type { SourceModule } from '../source-module.ts';
import { attributeFault, normalName } from './attribute-name.ts';
import { checkScope } from './check-scope.ts';
import { checkSettings } from './check-settings.ts';
import { activeDirectoryMappings, ldapMappings } from './default-mappings.ts';
import { defaultScope } from './default-scope.ts';
import { openSession } from './ldap-session.ts';
import { type LdapSettings, ldapSettings } from './ldap-settings.ts';
import { activeDirectoryForm, ldapForm } from './settings-form.ts';
import { testConnection } from './test-connection.ts';

type Flavour = Pick<SourceModule<LdapSettings>, 'kind' | 'label' | 'description' | 'form'> & {
  mappings: typeof ldapMappings;
};

/** LDAP servers of any make; which make it is, is asked of the server, not taken from the kind. */
const directory = ({ mappings, ...flavour }: Flavour): SourceModule<LdapSettings> => ({
  ...flavour,
  settings: ldapSettings,
  destination: ({ urls, tlsCa, startTls, tlsVerify }) => ({ urls, tlsCa, startTls, tlsVerify }),
  checkSettings,
  checkScope,
  attributes: { keyOf: normalName, fault: attributeFault },
  appliesRules: 'by source',
  defaults: () => ({ scope: defaultScope(), mappings: mappings() }),
  open: openSession,
  test: testConnection,
});

export const ldap = directory({
  kind: 'LDAP',
  label: 'LDAP',
  description: 'OpenLDAP, 389 Directory Server, FreeIPA, eDirectory and other LDAP servers.',
  form: ldapForm,
  mappings: ldapMappings,
});

export const activeDirectory = directory({
  kind: 'ACTIVE_DIRECTORY',
  label: 'Active Directory',
  description: 'Microsoft Active Directory and Samba domain controllers.',
  form: activeDirectoryForm,
  mappings: activeDirectoryMappings,
});
