/** The kinds of LDAP server that are treated differently. AUTO: the server's root DSE decides. */
export const LdapFlavour = {
  AUTO: 'AUTO',
  OPENLDAP: 'OPENLDAP',
  DS389: 'DS389',
  FREEIPA: 'FREEIPA',
  ACTIVE_DIRECTORY: 'ACTIVE_DIRECTORY',
  SAMBA: 'SAMBA',
  EDIRECTORY: 'EDIRECTORY',
  OTHER: 'OTHER',
} as const;
export type LdapFlavour = (typeof LdapFlavour)[keyof typeof LdapFlavour];
