import { Field, InputType, Int, ObjectType, registerEnumType } from 'type-graphql';
import { LdapFlavour } from '../../core/ldap-flavour.ts';

const nullable = true;

registerEnumType(LdapFlavour, {
  name: 'LdapFlavour',
  description:
    'The kinds of LDAP server that are treated differently: ids, flags of disabled accounts, filter for people, changes.',
  valuesConfig: {
    AUTO: { description: 'What the server says about itself (its root DSE).' },
    OPENLDAP: { description: 'OpenLDAP.' },
    DS389: { description: '389 Directory Server, Red Hat Directory Server.' },
    FREEIPA: { description: 'FreeIPA, Red Hat Identity Management.' },
    ACTIVE_DIRECTORY: { description: 'Active Directory Domain Services and Lightweight Directory Services.' },
    SAMBA: { description: 'A Samba domain controller.' },
    EDIRECTORY: { description: 'NetIQ eDirectory.' },
    OTHER: { description: 'Any other server: nothing special is expected of it.' },
  },
});

const domainText =
  'Instead of `urls`: the domain whose servers are found by DNS, by its SRV records `_ldaps._tcp`, `_ldap._tcp.dc._msdcs` and `_ldap._tcp`. They are tried in the order of RFC 2782. Without `startTls`, only those of `_ldaps._tcp` are used if there are any.';
const tlsCertText =
  'A client certificate (PEM), followed by the rest of its chain. Every server is shown it; it signs in (SASL EXTERNAL) when there is no `bindDn`. It needs ldaps:// or `startTls`.';
const bindDnText =
  'The DN of the account to sign in with a password; null for the client certificate if there is one, otherwise for anonymous.';
const keptText =
  'Left out of an edit, it stays as it is. When `urls`, `domain`, `tlsCa`, `tlsCert`, `startTls` or `tlsVerify` change, it must be given again.';
const flavourText = 'What the server is treated as. With AUTO, each run and test recognises it.';

@ObjectType('LdapSettings', { description: 'Settings of LDAP and ACTIVE_DIRECTORY.', simpleResolvers: true })
export class LdapSettingsType {
  @Field(() => [String], { description: 'Addresses, ldap://host:port or ldaps://host:port; they are tried in order.' })
  urls!: string[];

  @Field(() => String, { nullable: true, description: domainText })
  domain!: string | null;

  @Field(() => Boolean, {
    description: 'Whether an ldap:// connection switches to TLS by StartTLS before anything else is sent.',
  })
  startTls!: boolean;

  @Field(() => String, { nullable: true, description: "A CA certificate (PEM) to trust in addition to the system's." })
  tlsCa!: string | null;

  @Field(() => Boolean, { description: "Whether the server's certificate is verified." })
  tlsVerify!: boolean;

  @Field(() => String, { nullable: true, description: tlsCertText })
  tlsCert!: string | null;

  @Field(() => Boolean, {
    description: 'Whether a key of the client certificate is stored. The key itself is never sent back.',
  })
  hasTlsKey!: boolean;

  @Field(() => String, { nullable: true, description: bindDnText })
  bindDn!: string | null;

  @Field(() => Boolean, { description: 'Whether a password is stored. The password itself is never sent back.' })
  hasBindPassword!: boolean;

  @Field(() => [String], { description: 'The subtrees that are searched for people.' })
  baseDns!: string[];

  @Field(() => Int, { description: 'The number of entries per page.' })
  pageSize!: number;

  @Field(() => Int, { description: 'How many seconds to wait for an answer.' })
  timeoutSeconds!: number;

  @Field(() => String, {
    nullable: true,
    description:
      'The id attribute, which never changes for a person: entryUUID, objectGUID, nsUniqueId, GUID. Null to detect it.',
  })
  idAttribute!: string | null;

  @Field(() => LdapFlavour, { description: flavourText })
  flavour!: LdapFlavour;
}

@InputType('LdapSettingsInput', {
  description:
    'Settings of LDAP and ACTIVE_DIRECTORY. For a new connection, a member that is left out gets its default. In an edit it stays as it is.',
})
export class LdapSettingsInput {
  @Field(() => [String], {
    nullable,
    description: 'Addresses, ldap://host:port or ldaps://host:port; they are tried in order.',
  })
  urls?: string[] | null;

  @Field(() => String, { nullable, description: domainText })
  domain?: string | null;

  @Field(() => Boolean, {
    nullable,
    description: 'Whether an ldap:// connection switches to TLS by StartTLS before anything else is sent.',
  })
  startTls?: boolean | null;

  @Field(() => String, { nullable, description: "A CA certificate (PEM) to trust in addition to the system's." })
  tlsCa?: string | null;

  @Field(() => Boolean, { nullable, description: "Whether the server's certificate is verified; by default, true." })
  tlsVerify?: boolean | null;

  @Field(() => String, { nullable, description: tlsCertText })
  tlsCert?: string | null;

  @Field(() => String, {
    nullable,
    description: `The private key of \`tlsCert\` (PEM, without a passphrase). ${keptText}`,
  })
  tlsKey?: string | null;

  @Field(() => String, { nullable, description: bindDnText })
  bindDn?: string | null;

  @Field(() => String, {
    nullable,
    description: `The account's password. ${keptText}`,
  })
  bindPassword?: string | null;

  @Field(() => [String], { nullable, description: 'The subtrees that are searched for people.' })
  baseDns?: string[] | null;

  @Field(() => Int, { nullable, description: 'The number of entries per page.' })
  pageSize?: number | null;

  @Field(() => Int, { nullable, description: 'How many seconds to wait for an answer.' })
  timeoutSeconds?: number | null;

  @Field(() => String, {
    nullable,
    description:
      'The id attribute, which never changes for a person: entryUUID, objectGUID, nsUniqueId, GUID. Null to detect it.',
  })
  idAttribute?: string | null;

  @Field(() => LdapFlavour, { nullable, description: `${flavourText} By default, AUTO.` })
  flavour?: LdapFlavour | null;
}
