import { Field, ID, Int, ObjectType } from 'type-graphql';
import { PageInfo } from '../list/page.ts';
import { ContactStatus } from './contact.enums.ts';

const nullable = true;

@ObjectType('LabeledValue', { description: 'One of several values.', simpleResolvers: true })
export class LabeledValueType {
  @Field(() => String, { description: 'E.g. work, mobile, home.' })
  label!: string;

  @Field(() => String, { description: 'The value.' })
  value!: string;
}

@ObjectType('PostalAddress', { description: 'Where a contact is reached by mail.', simpleResolvers: true })
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

  @Field(() => Date, { description: 'When a run last found the person.' })
  lastSeenAt!: Date;
}

@ObjectType('Contact', { description: 'A person whom the workspace knows.', simpleResolvers: true })
export class ContactType {
  @Field(() => ID, { description: 'A UUID.' })
  id!: string;

  @Field(() => ContactStatus, { description: 'Whether the contact is in use.' })
  status!: ContactStatus;

  @Field(() => String, { description: 'The name that is shown.' })
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
      "Signs the contact in to the portal; unique among the workspace's active contacts, compared without case.",
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
    description: 'When a contact whose person has gone will be removed, while the grace period runs.',
  })
  removalDueAt!: Date | null;
}

@ObjectType('ContactPage', { description: 'A page of contacts.', simpleResolvers: true })
export class ContactPage {
  @Field(() => [ContactType], { description: 'The contacts, in the order asked for.' })
  nodes!: ContactType[];

  @Field(() => PageInfo, { description: 'Where the page ends.' })
  pageInfo!: PageInfo;

  @Field(() => Int, { description: 'How many there are on all pages.' })
  totalCount!: number;
}
