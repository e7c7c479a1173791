import { Field, InputType } from 'type-graphql';
import { CsvSettingsInput } from './csv-settings.inputs.ts';
import { LdapSettingsInput } from './ldap-settings.inputs.ts';

const nullable = true;

@InputType('SourceInput', { description: 'The settings of a source; which one is given says its kind.' })
export class SourceInput {
  @Field(() => LdapSettingsInput, { nullable, description: 'An LDAP directory.' })
  ldap?: LdapSettingsInput | null;

  @Field(() => LdapSettingsInput, { nullable, description: 'An Active Directory.' })
  activeDirectory?: LdapSettingsInput | null;

  @Field(() => CsvSettingsInput, { nullable, description: 'A CSV file.' })
  csv?: CsvSettingsInput | null;
}
