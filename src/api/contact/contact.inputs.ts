import { Field, ID, InputType, ObjectType } from 'type-graphql';
import { ContactField, ContactStatus } from '../../core/contact.ts';
import type { LeftPart } from '../../core/contact-edit.ts';
import type { UserError } from '../../core/user-error.ts';
import { toBeMended, UserErrorType } from '../error/user-error.type.ts';
import type { ApiContact } from './api-contact.ts';
import { ContactType } from './contact.type.ts';

const nullable = true;

@InputType('LabeledValueInput', { description: 'A value with a label.' })
export class LabeledValueInput {
  @Field(() => String, { description: 'The label, e.g. work, mobile, home.' })
  label!: string;

  @Field(() => String, { description: 'The value.' })
  value!: string;
}

@InputType('PostalAddressInput', {
  description: 'A postal address. In an edit, a member that is left out stays as it is.',
})
export class PostalAddressInput {
  @Field(() => String, { nullable, description: 'Street and number.' })
  street?: string | null;

  @Field(() => String, { nullable, description: 'City.' })
  city?: string | null;

  @Field(() => String, { nullable, description: 'State or region.' })
  region?: string | null;

  @Field(() => String, { nullable, description: 'Postal code.' })
  postalCode?: string | null;

  @Field(() => String, { nullable, description: 'Country.' })
  country?: string | null;
}

@InputType('ContactInput', {
  description:
    'A contact as a person enters it. Values are trimmed. In an edit, a field that is left out stays as it is, and null empties it.',
})
export class ContactInput {
  @Field(() => String, {
    nullable,
    description: 'The full name that is shown. Empty: it is put together from the names, or else from an email.',
  })
  displayName?: string | null;

  @Field(() => String, { nullable, description: 'First name.' })
  givenName?: string | null;

  @Field(() => String, { nullable, description: 'Last name.' })
  familyName?: string | null;

  @Field(() => String, { nullable, description: 'Company.' })
  company?: string | null;

  @Field(() => String, { nullable, description: 'Job title.' })
  jobTitle?: string | null;

  @Field(() => String, { nullable, description: 'Department.' })
  department?: string | null;

  @Field(() => String, { nullable, description: 'Employee number.' })
  employeeId?: string | null;

  @Field(() => String, {
    nullable,
    description: 'The email for signing in to the portal; no two active contacts have the same.',
  })
  primaryEmail?: string | null;

  @Field(() => [LabeledValueInput], { nullable, description: 'All further emails; they replace the present ones.' })
  emails?: LabeledValueInput[] | null;

  @Field(() => [LabeledValueInput], { nullable, description: 'All phone numbers; they replace the present ones.' })
  phones?: LabeledValueInput[] | null;

  @Field(() => PostalAddressInput, { nullable, description: 'The postal address.' })
  address?: PostalAddressInput | null;

  @Field(() => String, { nullable, description: 'Preferred language, a BCP 47 tag such as de or en-GB.' })
  language?: string | null;

  @Field(() => String, { nullable, description: 'IANA time zone, e.g. Europe/Berlin.' })
  timeZone?: string | null;

  @Field(() => String, { nullable, description: 'Free text.' })
  notes?: string | null;

  @Field(() => Boolean, { nullable, description: 'Whether the contact may sign in to the portal.' })
  portalAccess?: boolean | null;

  @Field(() => Boolean, { nullable, description: 'Whether the contact is sent notifications.' })
  emailNotifications?: boolean | null;

  @Field(() => Boolean, { nullable, description: 'Whether the contact may use forms.' })
  formsAccess?: boolean | null;

  @Field(() => ContactStatus, {
    nullable,
    description:
      'Whether the contact is in use. An inactive contact has no portal access. Made active again, it gets back the access that its removal took away.',
  })
  status?: ContactStatus | null;
}

@ObjectType('CreateContactPayload', { description: 'The answer to `createContact`.', simpleResolvers: true })
export class CreateContactPayload {
  @Field(() => ContactType, { nullable, description: 'The contact; null when there are errors to fix.' })
  contact!: ApiContact | null;

  @Field(() => [UserErrorType], toBeMended)
  userErrors!: UserError[];
}

@ObjectType('LeftPart', {
  description: 'A part of a change that was not taken back, because it has changed again since.',
  simpleResolvers: true,
})
export class LeftPartType {
  @Field(() => ContactField, { nullable, description: 'The field; null when it is about the contact as a whole.' })
  field!: ContactField | null;

  @Field(() => String, { nullable, description: 'For EMAIL and PHONE: the label.' })
  label!: string | null;

  @Field(() => String, { description: 'What stays and why, in one sentence.' })
  message!: string;
}

@ObjectType('UpdateContactPayload', {
  description: 'The answer to `updateContact` and `revertChange`.',
  simpleResolvers: true,
})
export class UpdateContactPayload {
  @Field(() => ContactType, { nullable, description: 'The contact; null when there are errors to fix.' })
  contact!: ApiContact | null;

  @Field(() => [UserErrorType], toBeMended)
  userErrors!: UserError[];

  @Field(() => [LeftPartType], {
    description:
      'What `revertChange` has left as it is, because it has changed again since. Empty: the whole change is taken back, or nothing of it.',
  })
  leftAlone!: LeftPart[];
}

@ObjectType('MergeContactsPayload', { description: 'The answer to `mergeContacts`.', simpleResolvers: true })
export class MergeContactsPayload {
  @Field(() => ContactType, { nullable, description: 'The contact that stays; null when there are errors to fix.' })
  contact!: ApiContact | null;

  @Field(() => [UserErrorType], toBeMended)
  userErrors!: UserError[];
}

@ObjectType('DeleteContactsPayload', { description: 'The answer to `deleteContacts`.', simpleResolvers: true })
export class DeleteContactsPayload {
  @Field(() => [ID], { description: 'The ids of the contacts that were deleted. Unknown ids are left out.' })
  deletedIds!: string[];

  @Field(() => [UserErrorType], toBeMended)
  userErrors!: UserError[];
}

@ObjectType('LockContactFieldsPayload', { description: 'The answer to `lockContactFields`.', simpleResolvers: true })
export class LockContactFieldsPayload {
  @Field(() => ContactType, { nullable, description: 'The contact with its locked fields.' })
  contact!: ApiContact | null;

  @Field(() => [UserErrorType], toBeMended)
  userErrors!: UserError[];
}
