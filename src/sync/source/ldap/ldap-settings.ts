import { z } from 'zod';

/** The settings of LDAP and ACTIVE_DIRECTORY, with their defaults. The secret `bindPassword` lives apart. */
export const ldapSettings = z.object({
  /** ldap://host:port or ldaps://host:port, tried in order. */
  urls: z.array(z.string()).default([]),
  startTls: z.boolean().default(false),
  /** PEM of the CA to trust besides the system's. */
  tlsCa: z.string().nullable().default(null),
  tlsVerify: z.boolean().default(true),
  /** Null: nobody signs in. */
  bindDn: z.string().nullable().default(null),
  baseDns: z.array(z.string()).default([]),
  /** Entries a page. */
  pageSize: z.number().default(1000),
  /** Seconds to wait for an answer, and the server's time limit for a page. */
  timeoutSeconds: z.number().default(30),
  /** Attribute that never changes for a person; null: found by itself. */
  idAttribute: z.string().nullable().default(null),
});

export type LdapSettings = z.infer<typeof ldapSettings>;
