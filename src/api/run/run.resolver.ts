import { Arg, Ctx, FieldResolver, ID, Int, Query, Resolver, Root } from 'type-graphql';
import { Permission } from '../../core/access.ts';
import { pageOf, pageOfLog } from '../../core/page-limits.ts';
import type { FindingRecord } from '../../core/quality.ts';
import type { ConnectionRecord, RunRecord } from '../../core/records.ts';
import type { FindingsPage } from '../../core/store.ts';
import { Needs } from '../access/check-access.ts';
import type { ApiContext } from '../api-context.ts';
import { type ApiChange, ChangeAction, ContactChangePage, runChange } from '../change/contact-change.type.ts';
import { ConnectionType } from '../connection/connection.type.ts';
import { type ApiPage, howMany, pageRequest, toPage } from '../list/page.ts';
import { searchArgument } from '../list/text-arguments.ts';
import { LogLevel, LogPage } from '../log/log.type.ts';
import { readLog } from '../log/read-log.ts';
import { QualityKind, QualityPage } from '../quality/quality.type.ts';
import { RunStatus } from './run.enums.ts';
import { ExclusionCountType, RunPage, RunType } from './run.type.ts';

@Resolver(() => RunType)
export class RunResolver {
  @Needs(Permission.CONTACT_SYNC_VIEW)
  @Query(() => RunType, { nullable: true, description: 'A run; null when there is none with this id.' })
  async run(
    @Arg('id', () => ID, { description: "The run's id." }) id: string,
    @Ctx() { store }: ApiContext,
  ): Promise<RunRecord | null> {
    return (await store.runsByIds([id]))[0] ?? null;
  }

  @Needs(Permission.CONTACT_SYNC_VIEW)
  @Query(() => RunPage, { nullable: true, description: 'Runs of the workspace, newest first.' })
  async runs(
    @Ctx() { store }: ApiContext,
    @Arg('connectionId', () => ID, { nullable: true, description: 'Only runs of this connection.' })
    connectionId?: string | null,
    @Arg('status', () => [RunStatus], { nullable: true, description: 'Only runs with one of these statuses.' })
    status?: RunStatus[] | null,
    @Arg('first', () => Int, { nullable: true, defaultValue: pageOf.usual, description: howMany(pageOf) })
    first?: number | null,
    @Arg('after', () => String, { nullable: true, description: 'The `endCursor` of the page before.' })
    after?: string | null,
  ): Promise<ApiPage<RunRecord>> {
    const filter = { connectionId: connectionId ?? null, status: status ?? null };
    return toPage(await store.runsPage(filter, pageRequest(first, after)), (run) => run);
  }

  @FieldResolver(() => ConnectionType, { nullable: true, description: 'Null when the connection has been deleted.' })
  connection(
    @Root() { connectionId }: RunRecord,
    @Ctx() { loaders }: ApiContext,
  ): Promise<ConnectionRecord | null> | null {
    return connectionId === null ? null : loaders.connection(connectionId);
  }

  @FieldResolver(() => [ExclusionCountType], {
    description: 'How many people the source delivered but the scope left out, by reason.',
  })
  excluded(@Root() { excluded }: RunRecord): ExclusionCountType[] {
    return Object.entries(excluded).map(([reason, count]) => ({ reason, count }));
  }

  @FieldResolver(() => LogPage, {
    description: "The stored lines, oldest first. `after` is a line's `seq`; `search` matches message and person.",
  })
  log(
    @Root() { id }: RunRecord,
    @Ctx() context: ApiContext,
    @Arg('after', () => Int, {
      nullable: true,
      defaultValue: 0,
      description: 'Only lines with a higher `seq` than this; 0 for all lines.',
    })
    after?: number | null,
    @Arg('minLevel', () => LogLevel, {
      nullable: true,
      defaultValue: LogLevel.INFO,
      description: 'Only lines of this level and above.',
    })
    minLevel?: LogLevel | null,
    @Arg('search', () => String, {
      nullable: true,
      description: 'Only lines whose message or person matches. At most 200 characters and 16 different words.',
    })
    search?: string | null,
    @Arg('first', () => Int, { nullable: true, defaultValue: pageOfLog.usual, description: howMany(pageOfLog) })
    first?: number | null,
  ): Promise<LogPage> {
    return readLog(id, { after, minLevel, search, first }, context);
  }

  @Needs(Permission.CONTACT_SYNC_VIEW, Permission.CONTACTS_VIEW)
  @FieldResolver(() => ContactChangePage, {
    nullable: true,
    description:
      'The plan, person by person: what the run did or, if dry or HELD, would do. It contains skipped people, but not unchanged ones.',
  })
  async changes(
    @Root() run: RunRecord,
    @Ctx() { store, loaders }: ApiContext,
    @Arg('action', () => ChangeAction, { nullable: true, description: 'Only changes with this action.' })
    action?: ChangeAction | null,
    @Arg('search', () => String, {
      nullable: true,
      description: 'Only changes whose contact name or person matches. At most 200 characters and 16 different words.',
    })
    search?: string | null,
    @Arg('first', () => Int, { nullable: true, defaultValue: pageOf.usual, description: howMany(pageOf) })
    first?: number | null,
    @Arg('after', () => String, { nullable: true, description: 'The `endCursor` of the page before.' })
    after?: string | null,
  ): Promise<ApiPage<ApiChange>> {
    const filter = { action: action ?? null, search: searchArgument(search) };
    const page = pageRequest(first, after);
    // A cursor belongs to one run's list, so only first pages are loaded for many runs at once.
    const changes =
      page.after === null
        ? await loaders.changes(run.id, filter, page.first)
        : await store.changesPage(run.id, filter, page);
    return toPage(changes, runChange(run));
  }

  @Needs(Permission.CONTACT_SYNC_VIEW, Permission.CONTACTS_VIEW)
  @FieldResolver(() => QualityPage, {
    nullable: true,
    description:
      'What the people who keep the source can mend, as the source is at the time of the run: also what it says of people whom the run did not change. Dry and HELD runs have it, too. Null until the run has planned. When its connection has been deleted, only the numbers are left, and `note` says so.',
  })
  async quality(
    @Root() { id }: RunRecord,
    @Ctx() { store, loaders }: ApiContext,
    @Arg('first', () => Int, { nullable: true, defaultValue: pageOf.usual, description: howMany(pageOf) })
    first?: number | null,
    @Arg('after', () => String, { nullable: true, description: 'The `endCursor` of the page before.' })
    after?: string | null,
    @Arg('kind', () => QualityKind, { nullable: true, description: 'Only findings of this kind.' })
    kind?: QualityKind | null,
  ): Promise<(ApiPage<FindingRecord> & Pick<FindingsPage, 'counts' | 'note'>) | null> {
    const page = pageRequest(first, after);
    const findings =
      page.after === null
        ? await loaders.findings(id, kind ?? null, page.first)
        : (await store.findingsPages([id], kind ?? null, page))(id);
    if (findings === null) return null;
    const { counts, note } = findings;
    return { ...toPage(findings, (finding) => finding), counts, note };
  }
}
