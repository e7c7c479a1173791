import { z } from 'zod';
import { LdapFlavour } from '../../../core/ldap-flavour.ts';
import type { SettingInfo, SettingType } from '../../../core/source-kind.ts';

/** The settings of LDAP and ACTIVE_DIRECTORY, with their defaults. The secrets `bindPassword` and `tlsKey` are stored apart. */
export const ldapSettings = z.object({
  /** ldap://host:port or ldaps://host:port, tried in order. */
  urls: z.array(z.string()).default([]),
  /** Instead of `urls`: the domain whose servers are found by DNS (SRV records). */
  domain: z.string().nullable().default(null),
  startTls: z.boolean().default(false),
  /** PEM of a CA to trust in addition to the system's. */
  tlsCa: z.string().nullable().default(null),
  tlsVerify: z.boolean().default(true),
  /** PEM of the certificate that we present to the server, followed by those of its chain. `tlsKey` belongs to it. */
  tlsCert: z.string().nullable().default(null),
  /** Null: there is no sign-in by password. If there is a `tlsCert`, it signs in. */
  bindDn: z.string().nullable().default(null),
  baseDns: z.array(z.string()).default([]),
  /** How many entries a page has. */
  pageSize: z.number().default(1000),
  /** Seconds to wait for an answer; also the time limit that the server gets for a page. */
  timeoutSeconds: z.number().default(30),
  /** An attribute that never changes for a person. Null: it is found automatically. */
  idAttribute: z.string().nullable().default(null),
  /** The kind of server. AUTO: the server's root DSE decides. */
  flavour: z.enum(LdapFlavour).default('AUTO'),
});

export type LdapSettings = z.infer<typeof ldapSettings>;

/** The account that signs in with a password. Null: none. */
export function accountOf({ bindDn }: Pick<LdapSettings, 'bindDn'>): string | null {
  return bindDn === null || bindDn.trim() === '' ? null : bindDn;
}

/** The account that signs in, for people. Null: none. */
export function signedInAs(settings: Pick<LdapSettings, 'bindDn' | 'tlsCert'>): string | null {
  return accountOf(settings) ?? (hasCertificate(settings) ? 'the client certificate' : null);
}

/** Whether the servers are found by their domain. */
export function hasDomain({ domain }: Pick<LdapSettings, 'domain'>): boolean {
  return domain !== null && domain.trim() !== '';
}

/** Whether there is a client certificate. */
export function hasCertificate({ tlsCert }: Pick<LdapSettings, 'tlsCert'>): boolean {
  return tlsCert !== null && tlsCert.trim() !== '';
}

/** The advice when too little is visible: `forAccount` if there is an account, otherwise to set one. */
export function moreRights(account: string | null, forAccount: string): string {
  return account === null
    ? 'Set bindDn and bindPassword: nobody signs in, and most servers show little then.'
    : forAccount;
}

/** The help texts that differ between the two kinds. */
type Help = { urls: string; domain: string; bindDn: string; baseDns: string; idAttribute: string };

const defaults = ldapSettings.parse({});

function field(
  name: string,
  type: SettingType,
  label: string,
  help: string,
  more: Partial<SettingInfo> = {},
): SettingInfo {
  return {
    name,
    label,
    help,
    type,
    required: false,
    advanced: false,
    default: null,
    options: null,
    ...more,
  };
}

/** Lists (`urls`, `baseDns`) are MULTILINE, one item on each line. */
function ldapFields(help: Help): SettingInfo[] {
  return [
    field('urls', 'MULTILINE', 'Server URLs', help.urls),
    field('domain', 'TEXT', 'Domain', help.domain),
    field(
      'startTls',
      'BOOLEAN',
      'StartTLS',
      'Encrypts a connection to an ldap:// URL, or to a server of the domain, before anything is sent. Not for ldaps://.',
      { default: String(defaults.startTls) },
    ),
    field('bindDn', 'TEXT', 'Account', help.bindDn),
    field('bindPassword', 'SECRET', 'Password', 'Stored encrypted, never shown again.'),
    field('baseDns', 'MULTILINE', 'Base DNs', help.baseDns, { required: true }),
    field(
      'tlsCa',
      'MULTILINE',
      'Own CA certificate',
      'PEM of the CA that signed the server certificate, trusted in addition to the usual ones.',
      { advanced: true },
    ),
    field(
      'tlsVerify',
      'BOOLEAN',
      'Check the certificate',
      'Without it, anybody in between can read the password. Turn it off only to find a fault.',
      {
        advanced: true,
        default: String(defaults.tlsVerify),
      },
    ),
    field(
      'tlsCert',
      'MULTILINE',
      'Client certificate',
      'PEM of a certificate to sign in with instead of account and password, followed by the rest of its chain if there is one.',
      { advanced: true },
    ),
    field(
      'tlsKey',
      'SECRET',
      'Key of the client certificate',
      'PEM of the private key, without a passphrase. Stored encrypted, never shown again.',
      { advanced: true },
    ),
    field('pageSize', 'NUMBER', 'Page size', 'People asked for at a time, 1 to 10000; servers often allow 1000.', {
      advanced: true,
      default: String(defaults.pageSize),
    }),
    field(
      'timeoutSeconds',
      'NUMBER',
      'Timeout (seconds)',
      'How long to wait for an answer, 1 to 3600; also the time limit that the server is given for a page.',
      {
        advanced: true,
        default: String(defaults.timeoutSeconds),
      },
    ),
    field('idAttribute', 'TEXT', 'Id attribute', help.idAttribute, { advanced: true }),
    field(
      'flavour',
      'CHOICE',
      'Kind of server',
      'AUTO: what the server says about itself. Choose one where it hides that, or stands behind a proxy.',
      { advanced: true, default: defaults.flavour, options: Object.keys(LdapFlavour) },
    ),
  ];
}

export const ldapForm = ldapFields({
  urls: 'ldap://host:port or ldaps://host:port, one to a line; the next is tried when one can not be reached. Or give a domain.',
  domain:
    'Instead of URLs: the domain whose servers DNS names (SRV records _ldaps._tcp and _ldap._tcp), e.g. example.com. Their order is kept.',
  bindDn:
    'DN of an account that may read the people, e.g. cn=reader,dc=example,dc=com. Empty: the client certificate signs in, or nobody.',
  baseDns: 'Where the people are, one to a line, e.g. ou=people,dc=example,dc=com.',
  idAttribute:
    'An attribute that never changes for a person, such as entryUUID, nsUniqueId or GUID. Empty: found automatically.',
});

export const activeDirectoryForm = ldapFields({
  urls: 'ldaps://dc1.example.com, one domain controller to a line; the next is tried when one can not be reached. Or give a domain.',
  domain:
    'Instead of URLs: the domain whose controllers DNS names, e.g. corp.example.com. Turn on StartTLS, which they usually need.',
  bindDn: 'A DN, user@domain or DOMAIN\\user of an account that may read the people. An ordinary user will do.',
  baseDns: 'Where the people are, one to a line, e.g. OU=Staff,DC=example,DC=com.',
  idAttribute: 'An attribute that never changes for a person. Empty: objectGUID.',
});
