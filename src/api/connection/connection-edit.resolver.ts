import { Arg, Ctx, ID, Int, Mutation, Resolver } from 'type-graphql';
import { Permission } from '../../core/access.ts';
import { OrphanedContacts } from '../../core/connection.ts';
import type { UserError } from '../../core/user-error.ts';
import { Needs } from '../access/check-access.ts';
import { type ApiContext, actorOf } from '../api-context.ts';
import { notFound } from '../error/not-found.ts';
import { TakesLonger } from '../operation/takes-longer.ts';
import { SourceInput } from '../source/source.type.ts';
import { CreateConnectionInput, UpdateConnectionInput } from './connection.inputs.ts';
import { CreateConnectionPayload, DeleteConnectionPayload, UpdateConnectionPayload } from './connection.type.ts';
import { TestConnectionPayload } from './connection-test.type.ts';
import { createConnection, type SaveOutcome, updateConnection } from './save-connection.ts';
import { type TestOutcome, testConnection } from './test-connection.ts';

/** A deletion changes every contact that the connection feeds. */
const LONGEST_DELETION_SECONDS = 900;
/** Longer than a test takes, which ends by itself. */
const LONGEST_TEST_SECONDS = 90;

@Resolver()
export class ConnectionEditResolver {
  @Needs(Permission.CONTACT_SYNC_MANAGE)
  @Mutation(() => CreateConnectionPayload, {
    nullable: true,
    description: 'Saves a new connection. It does not contact the source; `testConnection` does that.',
  })
  createConnection(
    @Arg('input', () => CreateConnectionInput, { description: 'The connection.' }) input: CreateConnectionInput,
    @Ctx() context: ApiContext,
  ): Promise<SaveOutcome> {
    return createConnection(input, context);
  }

  @Needs(Permission.CONTACT_SYNC_MANAGE)
  @Mutation(() => UpdateConnectionPayload, {
    nullable: true,
    description:
      'Saves an edit of a connection. `expectedVersion` protects two editors from each other: when the connection has changed since that version, the answer is CONFLICT and nothing is saved.',
  })
  updateConnection(
    @Ctx() context: ApiContext,
    @Arg('id', () => ID, { description: "The connection's id." }) id: string,
    @Arg('input', () => UpdateConnectionInput, { description: 'What changes.' }) input: UpdateConnectionInput,
    @Arg('expectedVersion', () => Int, {
      nullable: true,
      description: 'The version that was edited; when left out, any version is accepted.',
    })
    expectedVersion?: number | null,
  ): Promise<SaveOutcome> {
    return updateConnection(id, expectedVersion ?? null, input, context);
  }

  @Needs(Permission.CONTACT_SYNC_MANAGE)
  @TakesLonger(LONGEST_DELETION_SECONDS)
  @Mutation(() => DeleteConnectionPayload, {
    nullable: true,
    description:
      'Deletes a connection. `contacts` decides about the contacts that only this connection feeds: they are kept as hand-managed contacts, deactivated, or deleted.',
  })
  async deleteConnection(
    @Arg('id', () => ID, { description: "The connection's id." }) id: string,
    @Arg('contacts', () => OrphanedContacts, {
      defaultValue: OrphanedContacts.KEEP,
      description: 'What happens to the contacts that only this connection feeds.',
    })
    contacts: OrphanedContacts,
    @Ctx() { store, viewer }: ApiContext,
  ): Promise<{ deletedId: string; userErrors: UserError[] }> {
    if (!(await store.deleteConnection(id, contacts, actorOf(viewer)))) throw notFound('connection');
    return { deletedId: id, userErrors: [] };
  }

  @Needs(Permission.CONTACT_SYNC_MANAGE)
  @TakesLonger(LONGEST_TEST_SECONDS)
  @Mutation(() => TestConnectionPayload, {
    nullable: true,
    description:
      'Tests a source: connects, reads some people, and looks closer at what runs depend on. It takes unsaved settings (`source`), a saved connection (`connectionId`), or both; given settings override saved ones.',
  })
  testConnection(
    @Ctx() context: ApiContext,
    @Arg('connectionId', () => ID, { nullable: true, description: 'The connection whose saved settings are tested.' })
    connectionId?: string | null,
    @Arg('source', () => SourceInput, { nullable: true, description: 'Settings to test; they override saved ones.' })
    source?: SourceInput | null,
  ): Promise<TestOutcome> {
    return testConnection(connectionId ?? null, source ?? null, context);
  }
}
