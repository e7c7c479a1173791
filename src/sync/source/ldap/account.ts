import type { LdapSettings } from './ldap-settings.ts';

/** Who signs in; null: nobody. */
export const accountOf = ({ bindDn }: Pick<LdapSettings, 'bindDn'>): string | null =>
  bindDn === null || bindDn.trim() === '' ? null : bindDn;

/** The advice where too little can be seen: `forAccount`, or that there be an account where nobody signs in. */
export const moreRights = (account: string | null, forAccount: string): string =>
  account === null ? 'Set bindDn and bindPassword: nobody signs in, and most servers show little then.' : forAccount;
