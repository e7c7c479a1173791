import { Field, InputType, Int, ObjectType } from 'type-graphql';

const nullable = true;

@ObjectType('LdapSettings', { description: 'Settings of LDAP and ACTIVE_DIRECTORY.', simpleResolvers: true })
export class LdapSettingsType {
  @Field(() => [String], { description: 'Addresses, ldap://host:port or ldaps://host:port; they are tried in order.' })
  urls!: string[];

  @Field(() => Boolean, {
    description: 'Whether an ldap:// connection switches to TLS by StartTLS before anything else is sent.',
  })
  startTls!: boolean;

  @Field(() => String, { nullable: true, description: "A CA certificate (PEM) to trust in addition to the system's." })
  tlsCa!: string | null;

  @Field(() => Boolean, { description: "Whether the server's certificate is verified." })
  tlsVerify!: boolean;

  @Field(() => String, { nullable: true, description: 'The DN of the account to sign in with; null for anonymous.' })
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

  @Field(() => Boolean, {
    nullable,
    description: 'Whether an ldap:// connection switches to TLS by StartTLS before anything else is sent.',
  })
  startTls?: boolean | null;

  @Field(() => String, { nullable, description: "A CA certificate (PEM) to trust in addition to the system's." })
  tlsCa?: string | null;

  @Field(() => Boolean, { nullable, description: "Whether the server's certificate is verified; by default, true." })
  tlsVerify?: boolean | null;

  @Field(() => String, { nullable, description: 'The DN of the account to sign in with; null for anonymous.' })
  bindDn?: string | null;

  @Field(() => String, {
    nullable,
    description:
      "The account's password. Left out of an edit, it stays as it is. When `urls`, `tlsCa`, `startTls` or `tlsVerify` change, it must be given again.",
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
}
