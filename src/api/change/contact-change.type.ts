import type { GraphQLResolveInfo } from 'graphql';
import { Ctx, Field, FieldResolver, ID, Info, Int, ObjectType, Resolver, Root, registerEnumType } from 'type-graphql';
import { type Actor, Permission } from '../../core/access.ts';
import { type FieldChange, fieldChanges } from '../../core/field-changes.ts';
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
  description:
    "A row of a run's plan, which is part of the contact's history once it is applied; or a change that a person made.",
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
  @Field(() => [ContactChangeType], {
    description: "The changes: a run's in the order of the plan, a contact's with the newest first.",
  })
  nodes!: ContactChangeType[];

  @Field(() => PageInfo, { description: 'Where the page ends.' })
  pageInfo!: PageInfo;

  @Field(() => Int, { description: 'The number of items on all pages.' })
  totalCount!: number;
}

/** A change, with its run where that is known. */
export type ApiChange = ChangeRecord & { run?: RunRecord };

export function runChange(run: RunRecord) {
  return (change: ChangeRecord): ApiChange => ({ ...change, run });
}

export function changeId({ changeSet, position }: ChangeRecord): string {
  return `${changeSet}:${position}`;
}

/** The actor of a run that is no longer stored. */
const formerRun: Actor = { kind: 'SERVICE', id: null, name: 'A run' };

@Resolver(() => ContactChangeType)
export class ContactChangeResolver {
  @FieldResolver(() => ID, { description: "The row's id; it stays the same as long as the row is stored." })
  id(@Root() change: ApiChange): string {
    return changeId(change);
  }

  @Needs(Permission.CONTACTS_VIEW)
  @FieldResolver(() => ContactType, {
    nullable: true,
    description: 'The contact as it is now; null when there is none.',
  })
  async contact(
    @Root() { contactId }: ApiChange,
    @Ctx() { loaders }: ApiContext,
    @Info() info: GraphQLResolveInfo,
  ): Promise<ApiContact | null> {
    const contact = contactId === null ? null : await loaders.contact(contactId, askedParts(info));
    return contact && new ApiContact(contact);
  }

  @FieldResolver(() => RunType, {
    nullable: true,
    description:
      'The run that planned it; null for a change that a person made, while Contact Sync is off, and for viewers who may not see runs.',
  })
  async run(@Root() change: ApiChange, @Ctx() context: ApiContext): Promise<RunRecord | null> {
    if (change.run !== undefined) return change.run;
    if (change.madeBy !== null || !context.viewer.permissions.includes(Permission.CONTACT_SYNC_VIEW)) return null;
    return (await context.workspace()).contactSyncEnabled ? context.loaders.run(change.changeSet) : null;
  }

  @FieldResolver(() => [FieldChangeType], { description: 'The fields that change.' })
  fields(@Root() change: ApiChange): FieldChange[] {
    return fieldChanges(change);
  }

  @FieldResolver(() => ActorType, { description: 'Who made the change, or started the run that planned it.' })
  async changedBy(@Root() change: ApiChange, @Ctx() { loaders }: ApiContext): Promise<Actor> {
    if (change.madeBy !== null) return change.madeBy;
    return (change.run ?? (await loaders.run(change.changeSet)))?.startedBy ?? formerRun;
  }
}
