import { expect } from '@jest/globals';
import { slices } from '../../../src/core/fair-turns.ts';
import { fieldChanges } from '../../../src/core/field-changes.ts';
import type { ChangeRecord, RunRecord } from '../../../src/core/records.ts';
import type { LookOutcome, LookRequest } from '../../../src/core/sources-port.ts';
import type { ConnectionPreview, PersonExplanation, PersonPreview } from '../../../src/core/trial.ts';
import { openTrials } from '../../../src/db/sync/open-trials.ts';
import { openSources } from '../../../src/sync/open-sources.ts';
import type { Syncing, SyncService } from '../../support/syncing.ts';

/** So many explanations of a workspace go on at a time. */
const atOnce = 2;

/** Previews and explanations from the API, and what they must have in common with runs. */
export function openForetelling(service: SyncService) {
  const trials = openTrials(service.url);
  const addresses = { allowPrivate: true, cidrs: [] };
  const { threads, runStore } = service;
  const sources = openSources({ threads, addresses, trials, storedSecrets: runStore.secrets, files: runStore.files });
  const { signal } = new AbortController();

  const request = async (syncing: Syncing, id: string): Promise<LookRequest> => {
    const settings = await syncing.connection(id);
    return { workspaceId: syncing.workspaceId, connection: settings, settings, secrets: {} };
  };
  const preview = async (syncing: Syncing, id: string): Promise<ConnectionPreview> =>
    answered(await sources.preview(await request(syncing, id), 100, signal));
  const explain = async (syncing: Syncing, id: string, person: string): Promise<PersonExplanation> =>
    answered(await sources.explain(await request(syncing, id), person, signal));

  /** A dry run that has just ended says what an explanation says of each of `people`. */
  const expectExplained = async (
    syncing: Syncing,
    id: string,
    dry: RunRecord,
    people: readonly string[],
    isIncluded: (person: string) => unknown = () => expect.any(Boolean),
  ): Promise<void> => {
    const planned = await changesOf(syncing, dry);
    const expectOne = async (person: string): Promise<void> => {
      const explained = await explain(syncing, id, person);
      expect(explained).toMatchObject({ found: true, included: isIncluded(person) });
      if (explained.person === null) throw new Error(`${person} is not explained.`);
      const { id: personId, dn } = explained.person;
      expect(told(explained.person)).toEqual(toldBy(planned.get(personId), dn));
    };
    for (const some of slices(people, atOnce)) await Promise.all(some.map(expectOne));
  };

  return {
    expectExplained,
    preview,
    explain,
    close: () => trials.close(),
    /**
     * Checks a dry run that has just ended. A preview must say the same of everybody in scope and of the totals. An
     * explanation must say the same of each of `people`, who may be in scope or not. `all`: how many people there are.
     */
    expectForetold: async (
      syncing: Syncing,
      id: string,
      dry: RunRecord,
      people: readonly string[],
      all: number,
    ): Promise<void> => {
      const planned = await changesOf(syncing, dry);
      const foretold = await preview(syncing, id);
      const { counts } = dry;
      expect(foretold).toMatchObject({ included: counts.inScope, excluded: dry.excluded });
      expect(foretold.people.map(({ dn }) => dn)).toHaveLength(counts.inScope);
      for (const person of foretold.people) expect(told(person)).toEqual(toldBy(planned.get(person.id), person.dn));
      if (foretold.impact !== null)
        expect(foretold.impact).toMatchObject({
          gained: counts.created + counts.linked + counts.reactivated,
          changed: counts.updated,
          wouldHold: dry.holdReasons,
        });
      const excluded = Object.values(foretold.excluded).reduce((sum, count) => sum + count, 0);
      expect(foretold.included + excluded).toBe(all);
      const inScope = new Set(foretold.people.map(({ dn }) => dn));
      await expectExplained(syncing, id, dry, people, (person) => inScope.has(person));
    },
  };
}

function answered<T>(outcome: LookOutcome<T>): T {
  if (outcome.kind === 'failed') throw new Error(outcome.error.message);
  return outcome.answer;
}

/** By the id of the person. */
async function changesOf(syncing: Syncing, { id }: RunRecord): Promise<Map<string, ChangeRecord>> {
  const any = { action: null, search: null };
  const changes = new Map<string, ChangeRecord>();
  for (let after: string | null = null; ; ) {
    const page = await syncing.workspace.changesPage(id, any, { first: 200, after });
    for (const change of page.nodes) changes.set(change.personId ?? change.person ?? '', change);
    if (!page.hasNextPage) return changes;
    after = page.endCursor;
  }
}

/** The changes of a run, planned or made, by person. */
export async function everyChange(syncing: Syncing, run: RunRecord): Promise<Told[]> {
  const changes = await changesOf(syncing, run);
  return [...changes.values()]
    .map((change) => toldBy(change, change.person ?? ''))
    .sort((a, b) => (a.person < b.person ? -1 : 1));
}

type Told = { person: string; action: string; fields: unknown; reason: string | null };

function told({ dn: person, action, reason, ...sides }: PersonPreview): Told {
  return { person, action, fields: fieldChanges({ action, ...sides }), reason: withoutTime(reason) };
}

/** People without a row stay as they are. */
function toldBy(change: ChangeRecord | undefined, person: string): Told {
  if (change === undefined) return { person, action: 'NONE', fields: [], reason: null };
  const { action, reason } = change;
  return { person, action, fields: fieldChanges(change), reason: withoutTime(reason) };
}

/** Removes times, because a minute can pass between a preview and a run. */
function withoutTime(reason: string | null): string | null {
  return reason?.replace(/until .* UTC/, 'until later') ?? null;
}
