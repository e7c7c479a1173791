import type { GraphQLResolveInfo } from 'graphql';
import { Ctx, Field, FieldResolver, ID, Info, Int, ObjectType, Resolver, Root, registerEnumType } from 'type-graphql';
import { type Actor, Permission } from '../../core/access.ts';
import type { ChangeRecord, RunRecord } from '../../core/records.ts';
import { ChangeAction } from '../../core/run.ts';
import { Needs } from '../access/check-access.ts';
import type { ApiContext } from '../api-context.ts';
import { ContactField } from '../connection/field-mapping.type.ts';
import { ApiContact, askedParts } from '../contact/api-contact.ts';
import { ContactType } from '../contact/contact.type.ts';
import { PageInfo } from '../list/page.ts';
import { RunType } from '../run/run.type.ts';
import { ActorType } from '../viewer/actor.type.ts';
import { type FieldChange, fieldChanges } from './field-changes.ts';

registerEnumType(ChangeAction, {
  name: 'ChangeAction',
  description: 'What a run does, or would do, for one person.',
  valuesConfig: {
    CREATE: { description: 'A contact is created.' },
    UPDATE: { description: 'Fields of the contact change.' },
    LINK: { description: 'The person is matched to an existing contact that the connection did not feed before.' },
    REACTIVATE: { description: 'The person came back: the contact is ACTIVE again.' },
    DEACTIVATE: { description: 'The person is gone: the contact becomes INACTIVE.' },
    DELETE: { description: 'The person is gone: the contact is deleted.' },
    SKIP: { description: 'The person is left alone; `reason` says why.' },
    NONE: { description: 'The person is gone, and the contact stays as it is.' },
  },
});

export { ChangeAction };

@ObjectType('FieldChange', { description: 'One field, before and after the change.', simpleResolvers: true })
export class FieldChangeType {
  @Field(() => ContactField, { description: 'The field.' })
  field!: ContactField;

  @Field(() => String, { nullable: true, description: 'For EMAIL and PHONE: the label.' })
  label!: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'The value before; null when empty. Several values are joined by ", ".',
  })
  before!: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'The value after; null when empty. Several values are joined by ", ".',
  })
  after!: string | null;
}

@ObjectType('ContactChange', {
  description: "A row of a run's plan. Once it is applied, it is part of the contact's history.",
})
export class ContactChangeType {
  @Field(() => Date, { description: 'When it was planned or, once applied, when it was applied.' })
  at!: Date;

  @Field(() => ChangeAction, { description: 'What the run does.' })
  action!: ChangeAction;

  @Field(() => Boolean, { description: 'Whether it has been applied.' })
  applied!: boolean;

  @Field(() => ID, { nullable: true, description: "The contact's id; null until the contact is created." })
  contactId!: string | null;

  @Field(() => String, { description: "The contact's name." })
  contactName!: string;

  @Field(() => String, { nullable: true, description: "The person's name in the source (for LDAP, the DN)." })
  person!: string | null;

  @Field(() => String, { nullable: true, description: "The person's stable id." })
  personId!: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'Why nothing is done, for SKIP and for contacts that were left alone.',
  })
  reason!: string | null;
}

@ObjectType('ContactChangePage', { description: 'A page of changes.', simpleResolvers: true })
export class ContactChangePage {
  @Field(() => [ContactChangeType], { description: 'The changes, in the order of the plan.' })
  nodes!: ContactChangeType[];

  @Field(() => PageInfo, { description: 'Where the page ends.' })
  pageInfo!: PageInfo;

  @Field(() => Int, { description: 'The number of items on all pages.' })
  totalCount!: number;
}

/** A change with its run. */
export type RunChange = ChangeRecord & { run: RunRecord };

export function runChange(run: RunRecord) {
  return (change: ChangeRecord): RunChange => ({ ...change, run });
}

@Resolver(() => ContactChangeType)
export class ContactChangeResolver {
  @FieldResolver(() => ID, { description: "The row's id; it stays the same as long as the row is stored." })
  id(@Root() { run, position }: RunChange): string {
    return `${run.id}:${position}`;
  }

  @Needs(Permission.CONTACTS_VIEW)
  @FieldResolver(() => ContactType, {
    nullable: true,
    description: 'The contact as it is now; null when there is none.',
  })
  async contact(
    @Root() { contactId }: RunChange,
    @Ctx() { loaders }: ApiContext,
    @Info() info: GraphQLResolveInfo,
  ): Promise<ApiContact | null> {
    const contact = contactId === null ? null : await loaders.contact.load(contactId, askedParts(info));
    return contact && new ApiContact(contact);
  }

  @FieldResolver(() => RunType, { nullable: true, description: 'The run that planned it.' })
  run(@Root() { run }: RunChange): RunRecord {
    return run;
  }

  @FieldResolver(() => [FieldChangeType], { description: 'The fields that change.' })
  fields(@Root() change: RunChange): FieldChange[] {
    return fieldChanges(change);
  }

  @FieldResolver(() => ActorType, { description: 'Who started the run that planned it.' })
  changedBy(@Root() { run }: RunChange): Actor {
    return run.startedBy;
  }
}
