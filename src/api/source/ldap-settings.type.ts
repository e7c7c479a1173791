import { Field, InputType, Int, ObjectType } from 'type-graphql';

const nullable = true;

@ObjectType('LdapSettings', { description: 'Settings of LDAP and ACTIVE_DIRECTORY.', simpleResolvers: true })
export class LdapSettingsType {
  @Field(() => [String], { description: 'ldap://host:port or ldaps://host:port; several are tried in order.' })
  urls!: string[];

  @Field(() => Boolean, {
    description: 'Whether an ldap:// connection is secured by StartTLS before anything is sent.',
  })
  startTls!: boolean;

  @Field(() => String, { nullable: true, description: "PEM of the CA to trust besides the system's." })
  tlsCa!: string | null;

  @Field(() => Boolean, { description: "Whether the server's certificate is verified." })
  tlsVerify!: boolean;

  @Field(() => String, { nullable: true, description: 'The account to sign in as; null: anonymous.' })
  bindDn!: string | null;

  @Field(() => Boolean, { description: 'Whether a password is stored. The password itself is never sent back.' })
  hasBindPassword!: boolean;

  @Field(() => [String], { description: 'Where people are looked for, subtree by subtree.' })
  baseDns!: string[];

  @Field(() => Int, { description: 'Entries asked for at once.' })
  pageSize!: number;

  @Field(() => Int, { description: 'Seconds to wait for an answer.' })
  timeoutSeconds!: number;

  @Field(() => String, {
    nullable: true,
    description:
      'Attribute that never changes for a person: entryUUID, objectGUID, nsUniqueId, GUID. Null: found by itself.',
  })
  idAttribute!: string | null;
}

@InputType('LdapSettingsInput', {
  description: 'Settings of LDAP and ACTIVE_DIRECTORY. What is left out has its default, or stays as it is saved.',
})
export class LdapSettingsInput {
  @Field(() => [String], { nullable, description: 'ldap://host:port or ldaps://host:port, tried in order.' })
  urls?: string[] | null;

  @Field(() => Boolean, { nullable, description: 'Secure an ldap:// connection by StartTLS.' })
  startTls?: boolean | null;

  @Field(() => String, { nullable, description: "PEM of the CA to trust besides the system's." })
  tlsCa?: string | null;

  @Field(() => Boolean, { nullable, description: "Verify the server's certificate; true unless given." })
  tlsVerify?: boolean | null;

  @Field(() => String, { nullable, description: 'The account to sign in as; null: anonymous.' })
  bindDn?: string | null;

  @Field(() => String, {
    nullable,
    description:
      'Left out of an update: stays as it is. It has to be given again when `urls`, `tlsCa`, `startTls` or `tlsVerify` change.',
  })
  bindPassword?: string | null;

  @Field(() => [String], { nullable, description: 'Where people are looked for, subtree by subtree.' })
  baseDns?: string[] | null;

  @Field(() => Int, { nullable, description: 'Entries asked for at once.' })
  pageSize?: number | null;

  @Field(() => Int, { nullable, description: 'Seconds to wait for an answer.' })
  timeoutSeconds?: number | null;

  @Field(() => String, { nullable, description: 'Attribute that never changes for a person; null: found by itself.' })
  idAttribute?: string | null;
}
