import { Field, ID, Int, ObjectType, registerEnumType } from 'type-graphql';
import { ContactField, ContactStatus } from '../../core/contact.ts';
import { ContactOrder } from '../../core/store.ts';
import { PageInfo } from '../list/page.ts';

const nullable = true;

registerEnumType(ContactStatus, {
  name: 'ContactStatus',
  description: 'Whether a contact is in use.',
  valuesConfig: {
    ACTIVE: { description: 'In use.' },
    INACTIVE: { description: 'Kept without portal access, because its person is gone.' },
  },
});

registerEnumType(ContactOrder, {
  name: 'ContactOrder',
  description: 'The order of contacts. Names sort as people expect: Ångström next to Angstrom.',
  valuesConfig: {
    NAME_ASC: { description: 'By name.' },
    NAME_DESC: { description: 'By name, in reverse.' },
    COMPANY_ASC: { description: 'By company.' },
    COMPANY_DESC: { description: 'By company, in reverse.' },
    UPDATED_ASC: { description: 'The oldest change first, for a change feed.' },
    UPDATED_DESC: { description: 'The newest change first.' },
    CREATED_DESC: { description: 'The newest contact first.' },
  },
});

export { ContactOrder, ContactStatus };

@ObjectType('LabeledValue', { description: 'A value with a label, e.g. one of several emails.', simpleResolvers: true })
export class LabeledValueType {
  @Field(() => String, { description: 'The label, e.g. work, mobile, home.' })
  label!: string;

  @Field(() => String, { description: 'The value.' })
  value!: string;
}

@ObjectType('PostalAddress', { description: 'A postal address.', simpleResolvers: true })
export class PostalAddressType {
  @Field(() => String, { nullable, description: 'Street and number.' })
  street!: string | null;

  @Field(() => String, { nullable, description: 'City.' })
  city!: string | null;

  @Field(() => String, { nullable, description: 'State or region.' })
  region!: string | null;

  @Field(() => String, { nullable, description: 'Postal code.' })
  postalCode!: string | null;

  @Field(() => String, { nullable, description: 'Country.' })
  country!: string | null;
}

@ObjectType('ContactSource', { description: 'A connection that feeds a contact.' })
export class ContactSourceType {
  @Field(() => ID, { description: "The connection's id." })
  connectionId!: string;

  @Field(() => String, { description: "The connection's name." })
  connectionName!: string;

  @Field(() => String, { description: "The person's stable id in the source." })
  externalId!: string;

  @Field(() => Date, { description: 'When a run last found the person in the source.' })
  lastSeenAt!: Date;
}

@ObjectType('Contact', { description: "A person in the workspace's address book.", simpleResolvers: true })
export class ContactType {
  @Field(() => ID, { description: 'A UUID.' })
  id!: string;

  @Field(() => ContactStatus, { description: 'Whether the contact is in use.' })
  status!: ContactStatus;

  @Field(() => String, { description: 'The full name that is shown.' })
  displayName!: string;

  @Field(() => String, { nullable, description: 'First name.' })
  givenName!: string | null;

  @Field(() => String, { nullable, description: 'Last name.' })
  familyName!: string | null;

  @Field(() => String, { nullable, description: 'Company.' })
  company!: string | null;

  @Field(() => String, { nullable, description: 'Job title.' })
  jobTitle!: string | null;

  @Field(() => String, { nullable, description: 'Department.' })
  department!: string | null;

  @Field(() => String, { nullable, description: 'Employee number.' })
  employeeId!: string | null;

  @Field(() => String, {
    nullable,
    description:
      "The email for signing in to the portal. It is unique among the workspace's active contacts; case does not matter.",
  })
  primaryEmail!: string | null;

  @Field(() => [LabeledValueType], { description: 'Further emails.' })
  emails!: LabeledValueType[];

  @Field(() => [LabeledValueType], { description: 'Phone numbers.' })
  phones!: LabeledValueType[];

  @Field(() => PostalAddressType, { description: 'The postal address.' })
  address!: PostalAddressType;

  @Field(() => String, { nullable, description: 'Preferred language.' })
  language!: string | null;

  @Field(() => String, { nullable, description: 'IANA time zone.' })
  timeZone!: string | null;

  @Field(() => String, { nullable, description: 'Free text.' })
  notes!: string | null;

  @Field(() => Boolean, { description: 'Whether the contact may sign in to the portal.' })
  portalAccess!: boolean;

  @Field(() => Boolean, { description: 'Whether the contact is sent notifications.' })
  emailNotifications!: boolean;

  @Field(() => Boolean, { description: 'Whether the contact may use forms.' })
  formsAccess!: boolean;

  @Field(() => Date, { description: 'When the contact was created.' })
  createdAt!: Date;

  @Field(() => Date, { description: 'When it was last changed.' })
  updatedAt!: Date;

  @Field(() => Date, {
    nullable,
    description:
      'When the contact will be removed, because its person is gone and the grace period runs; otherwise null.',
  })
  removalDueAt!: Date | null;

  @Field(() => [ContactField], { description: 'The fields that keep their value, whatever any connection says.' })
  lockedFields!: ContactField[];

  @Field(() => Int, { description: 'Grows by one with each change.' })
  version!: number;
}

@ObjectType('ContactPage', { description: 'A page of contacts.', simpleResolvers: true })
export class ContactPage {
  @Field(() => [ContactType], { description: 'The contacts, in the order asked for.' })
  nodes!: ContactType[];

  @Field(() => PageInfo, { description: 'Where the page ends.' })
  pageInfo!: PageInfo;

  @Field(() => Int, { description: 'The number of items on all pages.' })
  totalCount!: number;
}
