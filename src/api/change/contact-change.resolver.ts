import { Ctx, FieldResolver, ID, Resolver, Root } from 'type-graphql';
import { type Actor, Permission } from '../../core/access.ts';
import type { RunRecord } from '../../core/records.ts';
import { Needs } from '../access/needs.ts';
import { ActorType } from '../actor/actor.type.ts';
import type { ApiContext } from '../api-context.ts';
import { ContactType } from '../contact/contact.type.ts';
import { type ApiContact, toContact } from '../contact/to-contact.ts';
import { RunType } from '../run/run.type.ts';
import { ContactChangeType, FieldChangeType } from './contact-change.type.ts';
import { type FieldChange, fieldChanges } from './field-changes.ts';
import type { RunChange } from './run-change.ts';

@Resolver(() => ContactChangeType)
export class ContactChangeResolver {
  @FieldResolver(() => ID, { description: 'Stays the same for as long as the row is stored.' })
  id(@Root() { run, position }: RunChange): string {
    return `${run.id}:${position}`;
  }

  @Needs(Permission.CONTACTS_VIEW)
  @FieldResolver(() => ContactType, {
    nullable: true,
    description: 'The contact as it is now; null when there is none.',
  })
  async contact(@Root() { contactId }: RunChange, @Ctx() { loaders }: ApiContext): Promise<ApiContact | null> {
    const contact = contactId === null ? null : await loaders.contact.load(contactId);
    return contact && toContact(contact);
  }

  @FieldResolver(() => RunType, { nullable: true, description: 'The run that planned it.' })
  run(@Root() { run }: RunChange): RunRecord {
    return run;
  }

  @FieldResolver(() => [FieldChangeType], { description: 'The fields that differ.' })
  fields(@Root() change: RunChange): FieldChange[] {
    return fieldChanges(change);
  }

  @FieldResolver(() => ActorType, { description: 'Who started the run that planned it.' })
  changedBy(@Root() { run }: RunChange): Actor {
    return run.startedBy;
  }
}
