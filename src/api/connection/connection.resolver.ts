import { Arg, Ctx, FieldResolver, ID, Int, Query, Resolver, Root } from 'type-graphql';
import { Permission } from '../../core/access.ts';
import { ConnectionStatus } from '../../core/connection.ts';
import { pageOf, pageOfRuns } from '../../core/page-limits.ts';
import type { ConnectionRecord, RunRecord } from '../../core/records.ts';
import { defaultMaxPercent } from '../../core/removal-limits.ts';
import { Needs } from '../access/check-access.ts';
import type { ApiContext } from '../api-context.ts';
import { type ApiPage, howMany, pageRequest, toPage } from '../list/page.ts';
import { searchArgument } from '../list/text-arguments.ts';
import { RunPage, RunType } from '../run/run.type.ts';
import { type ShownSettings, SourceSettingsUnion, showSettings } from '../source/source.type.ts';
import { SourceKind } from '../source/source-kind.type.ts';
import { ConnectionPage, ConnectionType } from './connection.type.ts';
import { RemovalPolicyType } from './removal-policy.type.ts';
import { WatchStateType, watchState } from './watch-state.type.ts';

@Resolver(() => ConnectionType)
export class ConnectionResolver {
  @Needs(Permission.CONTACT_SYNC_VIEW)
  @Query(() => ConnectionType, { nullable: true, description: 'A connection; null when there is none with this id.' })
  connection(
    @Arg('id', () => ID, { description: "The connection's id." }) id: string,
    @Ctx() { loaders }: ApiContext,
  ): Promise<ConnectionRecord | null> {
    return loaders.connection(id);
  }

  @Needs(Permission.CONTACT_SYNC_VIEW)
  @Query(() => ConnectionPage, {
    nullable: true,
    description: 'Connections, sorted by name. `search` matches name, description, kind of source and status.',
  })
  async connections(
    @Ctx() { store }: ApiContext,
    @Arg('search', () => String, {
      nullable: true,
      description:
        'Words to search for; case and accents do not matter. At most 200 characters and 16 different words.',
    })
    search?: string | null,
    @Arg('status', () => ConnectionStatus, { nullable: true, description: 'Only items with this status.' })
    status?: ConnectionStatus | null,
    @Arg('kind', () => SourceKind, { nullable: true, description: 'Only connections with this kind of source.' })
    kind?: SourceKind | null,
    @Arg('first', () => Int, { nullable: true, defaultValue: pageOf.usual, description: howMany(pageOf) })
    first?: number | null,
    @Arg('after', () => String, { nullable: true, description: 'The `endCursor` of the page before.' })
    after?: string | null,
  ): Promise<ApiPage<ConnectionRecord>> {
    const filter = { search: searchArgument(search), status: status ?? null, kind: kind ?? null };
    return toPage(await store.connectionsPage(filter, pageRequest(first, after)), (connection) => connection);
  }

  @FieldResolver(() => SourceSettingsUnion, { description: 'The settings of its source, without secrets.' })
  source(@Root() { kind, source, secretNames, file }: ConnectionRecord, @Ctx() { sources }: ApiContext): ShownSettings {
    const { secrets } = sources.kind(kind);
    return showSettings(kind, sources.settings(kind, source, {}), { secrets, stored: secretNames, file });
  }

  @FieldResolver(() => RemovalPolicyType, { description: 'What happens to contacts whose person is gone.' })
  removal(@Root() { removal }: ConnectionRecord): RemovalPolicyType {
    return { ...removal, maxPercent: removal.maxPercent ?? defaultMaxPercent };
  }

  @FieldResolver(() => RunType, { nullable: true, description: 'The newest run, including dry runs.' })
  lastRun(@Root() { id }: ConnectionRecord, @Ctx() { loaders }: ApiContext): Promise<RunRecord | null> {
    return loaders.lastRun(id);
  }

  @FieldResolver(() => Date, {
    nullable: true,
    description: 'When the schedule starts the next run; null for a Draft, and without a schedule.',
  })
  nextRunAt(@Root() { status, schedule }: ConnectionRecord, @Ctx() { runner }: ApiContext): Date | null {
    return status === 'ENABLED' && schedule ? (runner.nextTimes(schedule, 1, new Date())[0] ?? null) : null;
  }

  @FieldResolver(() => WatchStateType, {
    nullable: true,
    description: 'How its watch stands; null unless it is `continuous`.',
  })
  async watch(
    @Root() { id, continuous }: ConnectionRecord,
    @Ctx() { loaders }: ApiContext,
  ): Promise<WatchStateType | null> {
    return continuous ? watchState(await loaders.watch(id)) : null;
  }

  @FieldResolver(() => Int, { description: 'The number of active contacts that this connection feeds.' })
  contactCount(@Root() { id }: ConnectionRecord, @Ctx() { loaders }: ApiContext): Promise<number> {
    return loaders.contactCount(id);
  }

  @FieldResolver(() => RunPage, { description: 'Its runs, newest first.' })
  async runs(
    @Root() { id }: ConnectionRecord,
    @Ctx() { store, loaders }: ApiContext,
    @Arg('first', () => Int, { nullable: true, defaultValue: pageOfRuns.usual, description: howMany(pageOfRuns) })
    first?: number | null,
    @Arg('after', () => String, { nullable: true, description: 'The `endCursor` of the page before.' })
    after?: string | null,
  ): Promise<ApiPage<RunRecord>> {
    const page = pageRequest(first, after, pageOfRuns);
    // A cursor belongs to one connection's list, so only first pages are loaded for many connections at once.
    const runs =
      page.after === null
        ? await loaders.runs(id, page.first)
        : await store.runsPage({ connectionId: id, status: null }, page);
    return toPage(runs, (run) => run);
  }
}
