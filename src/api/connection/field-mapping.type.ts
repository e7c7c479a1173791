import { Field, InputType, ObjectType, registerEnumType } from 'type-graphql';
import { MappingPolicy, Transform, WhenEmpty } from '../../core/connection.ts';
import { ContactField } from '../../core/contact.ts';

const nullable = true;

registerEnumType(ContactField, {
  name: 'ContactField',
  description: 'The fields of a contact that a mapping can fill.',
  valuesConfig: {
    DISPLAY_NAME: { description: 'The full name that is shown.' },
    GIVEN_NAME: { description: 'First name.' },
    FAMILY_NAME: { description: 'Last name.' },
    COMPANY: { description: 'Company.' },
    JOB_TITLE: { description: 'Job title.' },
    DEPARTMENT: { description: 'Department.' },
    EMPLOYEE_ID: { description: 'Employee number.' },
    MANAGER: {
      description:
        "The manager, as the source names people: a DN in a directory, a value of the id column in a file. `Contact.manager` is that person's contact.",
    },
    PRIMARY_EMAIL: { description: 'The email for signing in to the portal.' },
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
  description: 'What is done to a value before it is stored in the contact.',
  valuesConfig: {
    LOWERCASE: { description: 'Converts all letters to lower case.' },
    UPPERCASE: { description: 'Converts all letters to upper case.' },
    PHONE_E164: {
      description:
        "Converts a phone number to international form, e.g. +49301234567. National numbers are read with the person's country.",
    },
    COUNTRY_CODE: { description: 'Converts a country to its two-letter ISO 3166 code.' },
    FIRST_LINE: { description: 'Takes the first line that is not blank.' },
    POSTAL_ADDRESS: { description: 'Converts an LDAP postal address (RFC 4517) to lines of text.' },
    BOOLEAN: { description: 'Converts the usual spellings of yes and no to true or false.' },
  },
});

registerEnumType(MappingPolicy, {
  name: 'MappingPolicy',
  description: 'When a mapping may write its field.',
  valuesConfig: {
    ALWAYS: { description: 'At each run; the source overrides the contact.' },
    IF_EMPTY: { description: "Only while the contact's field is empty." },
    ON_CREATE: { description: 'Only when the contact is created.' },
  },
});

registerEnumType(WhenEmpty, {
  name: 'WhenEmpty',
  description: 'What happens to a field when the source has no value.',
  valuesConfig: {
    CLEAR: { description: 'The field is cleared.' },
    KEEP: { description: 'The field keeps its value.' },
  },
});

@ObjectType('FieldMapping', {
  description:
    "How one contact field is filled, by exactly one of three: `attributes` (the first with a value wins), `template` (Liquid, over the person's attributes), or `value` (the same for everybody).",
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

  @Field(() => [Transform], { description: 'The transforms of the value, in this order.' })
  transforms!: Transform[];

  @Field(() => MappingPolicy, { description: 'When the field may be written.' })
  policy!: MappingPolicy;

  @Field(() => WhenEmpty, { description: 'What happens when the source has no value.' })
  whenEmpty!: WhenEmpty;
}

@InputType('FieldMappingInput', {
  description: 'How one contact field is filled. Give exactly one of `attributes`, `template` and `value`.',
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
    description: 'The transforms of the value, in this order; by default, none.',
  })
  transforms?: Transform[] | null;

  @Field(() => MappingPolicy, { nullable, description: 'When the field may be written; by default, ALWAYS.' })
  policy?: MappingPolicy | null;

  @Field(() => WhenEmpty, {
    nullable,
    description: 'What happens when the source has no value; by default, CLEAR.',
  })
  whenEmpty?: WhenEmpty | null;
}
