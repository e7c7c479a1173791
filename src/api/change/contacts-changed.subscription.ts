import { Arg, Field, ID, ObjectType, Resolver, Root, Subscription } from 'type-graphql';
import { Permission } from '../../core/access.ts';
import type { ContactFeedPart } from '../../core/contact-feed.ts';
import { Needs } from '../access/check-access.ts';
import type { ApiContext } from '../api-context.ts';
import { found } from '../error/not-found.ts';
import { ContactChangeType } from './contact-change.type.ts';

/** The most changes in an event, and about the most characters in their values. */
const most = 200;
const longest = 300_000;

@ObjectType('ContactChangeBatch', { description: 'Changes of contacts, in order.', simpleResolvers: true })
export class ContactChangeBatchType {
  @Field(() => [ContactChangeType], {
    description: `The changes, in the order in which they were made; at most ${most}.`,
  })
  changes!: ContactChangeType[];

  @Field(() => String, { description: 'The `after` to go on from.' })
  cursor!: string;
}

/** Throws AppError NOT_FOUND for an unknown connection, BAD_USER_INPUT for a garbled cursor, CURSOR_TOO_OLD for one before the history. */
async function followChanges({
  args,
  context: { runner, store, loaders, viewer, signal },
}: {
  args: { after?: string | null; connectionId?: string | null };
  context: ApiContext;
}): Promise<AsyncIterable<ContactFeedPart>> {
  const id = args.connectionId ?? null;
  const connection = id === null ? null : found(await loaders.connection(id), 'connection');
  const read = (after: string | null) =>
    store.contactFeed({ after, connectionId: connection?.id ?? null, most, longest });
  // The starting point is decided here, so that no change after the answer to the subscription is missed.
  const first = await read(args.after ?? null);
  return runner.followContacts(viewer.workspaceId, read, first, signal);
}

@Resolver()
export class ContactsChangedSubscription {
  @Needs(Permission.CONTACTS_VIEW)
  @Subscription(() => ContactChangeBatchType, {
    nullable: true,
    description:
      'Contacts as runs and people change them: each change once, in order. After a broken connection, subscribe again with the last `cursor` that you received. A cursor is valid as long as the history after it is kept; else it is refused with CURSOR_TOO_OLD. `contacts(updatedSince)` is the same as a query.',
    subscribe: followChanges,
  })
  contactsChanged(
    @Root() part: ContactFeedPart,
    @Arg('after', () => String, { nullable: true, description: 'A `cursor`; null: from now on.' }) _after?:
      | string
      | null,
    @Arg('connectionId', () => ID, { nullable: true, description: 'Only changes by runs of this connection.' }) _id?:
      | string
      | null,
  ): ContactFeedPart {
    return part;
  }
}
