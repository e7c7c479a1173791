import { Field, ID, Int, ObjectType, registerEnumType } from 'type-graphql';
import { ChangeAction } from '../../core/run.ts';
import { ContactField } from '../mapping/contact-field.enum.ts';
import { PageInfo } from '../page/page-info.type.ts';

registerEnumType(ChangeAction, {
  name: 'ChangeAction',
  description: 'What a run does, or would do, for one person.',
  valuesConfig: {
    CREATE: { description: 'A new contact.' },
    UPDATE: { description: 'Fields of the contact change.' },
    LINK: { description: 'Matched to a contact that the connection did not feed before.' },
    REACTIVATE: { description: 'The person came back: the contact is ACTIVE again.' },
    DEACTIVATE: { description: 'The person is gone: the contact becomes INACTIVE.' },
    DELETE: { description: 'The person is gone: the contact is deleted.' },
    SKIP: { description: 'The person is left alone; `reason` says why.' },
    NONE: { description: 'The person is gone, and the contact stays as it is.' },
  },
});

export { ChangeAction };

@ObjectType('FieldChange', { description: 'One field before and after.', simpleResolvers: true })
export class FieldChangeType {
  @Field(() => ContactField, { description: 'The field.' })
  field!: ContactField;

  @Field(() => String, { nullable: true, description: 'For EMAIL and PHONE: the label.' })
  label!: string | null;

  @Field(() => String, { nullable: true, description: 'What it was; null: empty. Several values are joined by ", ".' })
  before!: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'What it becomes; null: empty. Several values are joined by ", ".',
  })
  after!: string | null;
}

@ObjectType('ContactChange', { description: "A row of a run's plan and, once applied, of a contact's history." })
export class ContactChangeType {
  @Field(() => Date, { description: 'When it was planned or applied.' })
  at!: Date;

  @Field(() => ChangeAction, { description: 'What is done.' })
  action!: ChangeAction;

  @Field(() => Boolean, { description: 'Whether it was done.' })
  applied!: boolean;

  @Field(() => ID, { nullable: true, description: 'The contact; null while it is to be created.' })
  contactId!: string | null;

  @Field(() => String, { description: "The contact's name." })
  contactName!: string;

  @Field(() => String, { nullable: true, description: 'The person, as the source names them (a DN).' })
  person!: string | null;

  @Field(() => String, { nullable: true, description: "The person's stable id." })
  personId!: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'Why nothing was or will be done, for SKIP and for what was left alone.',
  })
  reason!: string | null;
}

@ObjectType('ContactChangePage', { description: 'A page of changes.', simpleResolvers: true })
export class ContactChangePage {
  @Field(() => [ContactChangeType], { description: 'The changes, in the order of the plan.' })
  nodes!: ContactChangeType[];

  @Field(() => PageInfo, { description: 'Where the page ends.' })
  pageInfo!: PageInfo;

  @Field(() => Int, { description: 'How many there are on all pages.' })
  totalCount!: number;
}
