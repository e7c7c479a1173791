import { Field, InputType, ObjectType, registerEnumType } from 'type-graphql';
import { MappingPolicy, Transform, WhenEmpty } from '../../core/connection.ts';
import { ContactField } from '../../core/contact.ts';

const nullable = true;

registerEnumType(ContactField, {
  name: 'ContactField',
  description: 'The fields of a contact that a mapping can fill.',
  valuesConfig: {
    DISPLAY_NAME: { description: 'The name that is shown.' },
    GIVEN_NAME: { description: 'First name.' },
    FAMILY_NAME: { description: 'Last name.' },
    COMPANY: { description: 'Company.' },
    JOB_TITLE: { description: 'Job title.' },
    DEPARTMENT: { description: 'Department.' },
    EMPLOYEE_ID: { description: 'Employee number.' },
    PRIMARY_EMAIL: { description: 'The email that signs the contact in to the portal.' },
    EMAIL: { description: 'Further emails, each with a label.' },
    PHONE: { description: 'Phone numbers, each with a label.' },
    STREET: { description: 'Street and number.' },
    CITY: { description: 'City.' },
    REGION: { description: 'State or region.' },
    POSTAL_CODE: { description: 'Postal code.' },
    COUNTRY: { description: 'Country.' },
    LANGUAGE: { description: 'Preferred language.' },
    TIME_ZONE: { description: 'IANA time zone.' },
    NOTES: { description: 'Free text.' },
    PORTAL_ACCESS: { description: 'Whether the contact may sign in to the portal.' },
    EMAIL_NOTIFICATIONS: { description: 'Whether the contact is sent notifications.' },
    FORMS_ACCESS: { description: 'Whether the contact may use forms.' },
  },
});

export { ContactField };

registerEnumType(Transform, {
  name: 'Transform',
  description: 'What is done to a value on its way into the contact, in the order given.',
  valuesConfig: {
    LOWERCASE: { description: 'All letters small.' },
    UPPERCASE: { description: 'All letters capital.' },
    PHONE_E164: {
      description: "A phone number in international form, +49301234567; the person's country helps with national ones.",
    },
    COUNTRY_CODE: { description: 'A country as its ISO 3166 code of two letters.' },
    FIRST_LINE: { description: 'The first line that is not blank.' },
    POSTAL_ADDRESS: { description: 'The lines of an LDAP postal address (RFC 4517) as text.' },
    BOOLEAN: { description: 'true or false, from the usual spellings.' },
  },
});

registerEnumType(MappingPolicy, {
  name: 'MappingPolicy',
  description: 'When a mapping may write its field.',
  valuesConfig: {
    ALWAYS: { description: 'The directory wins at each run.' },
    IF_EMPTY: { description: "Only while the contact's field is empty." },
    ON_CREATE: { description: 'Only when the contact is created.' },
  },
});

registerEnumType(WhenEmpty, {
  name: 'WhenEmpty',
  description: 'What becomes of a field for which the directory has no value.',
  valuesConfig: {
    CLEAR: { description: 'The field is cleared.' },
    KEEP: { description: 'The contact keeps what it has.' },
  },
});

@ObjectType('FieldMapping', {
  description:
    "How one contact field is filled. The first of `attributes` with a value wins; or `template` (Liquid, over the person's attributes); or `value`, the same for everybody. Exactly one of the three.",
  simpleResolvers: true,
})
export class FieldMappingType {
  @Field(() => ContactField, { description: 'The field that is filled.' })
  field!: ContactField;

  @Field(() => String, { nullable: true, description: 'For EMAIL and PHONE: the label, e.g. work, mobile, home.' })
  label!: string | null;

  @Field(() => [String], { description: 'Attributes of the source; the first with a value wins.' })
  attributes!: string[];

  @Field(() => String, { nullable: true, description: "A Liquid template over the person's attributes." })
  template!: string | null;

  @Field(() => String, { nullable: true, description: 'The same text for everybody.' })
  value!: string | null;

  @Field(() => [Transform], { description: 'What is done to the value, in this order.' })
  transforms!: Transform[];

  @Field(() => MappingPolicy, { description: 'When the field may be written.' })
  policy!: MappingPolicy;

  @Field(() => WhenEmpty, { description: 'What happens when the directory has no value.' })
  whenEmpty!: WhenEmpty;
}

@InputType('FieldMappingInput', {
  description: 'How one contact field is filled: exactly one of `attributes`, `template` and `value`.',
})
export class FieldMappingInput {
  @Field(() => ContactField, { description: 'The field that is filled.' })
  field!: ContactField;

  @Field(() => String, { nullable, description: 'For EMAIL and PHONE: the label, e.g. work, mobile, home.' })
  label?: string | null;

  @Field(() => [String], { nullable, description: 'Attributes of the source; the first with a value wins.' })
  attributes?: string[] | null;

  @Field(() => String, { nullable, description: "A Liquid template over the person's attributes." })
  template?: string | null;

  @Field(() => String, { nullable, description: 'The same text for everybody.' })
  value?: string | null;

  @Field(() => [Transform], {
    nullable,
    description: 'What is done to the value, in this order; nothing unless given.',
  })
  transforms?: Transform[] | null;

  @Field(() => MappingPolicy, { nullable, description: 'When the field may be written; ALWAYS unless given.' })
  policy?: MappingPolicy | null;

  @Field(() => WhenEmpty, {
    nullable,
    description: 'What happens when the directory has no value; CLEAR unless given.',
  })
  whenEmpty?: WhenEmpty | null;
}
