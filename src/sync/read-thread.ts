import { parentPort, workerData } from 'node:worker_threads';
import { AppError } from '../core/app-error.ts';
import type { Entry, ReadSummary } from '../core/directory.ts';
import type { ExclusionReason } from '../core/run.ts';
import { indexed } from '../core/search-index.ts';
import { canonicalDraft } from './map/canonical-draft.ts';
import { compileMapping } from './map/compile-mapping.ts';
import type { FromReader, ReadCounts, ReadTask, ToReader } from './read-messages.ts';
import { scopeDraft } from './scope/scope-draft.ts';
import { scopeEntry } from './scope/scope-entry.ts';
import { sources } from './source/sources.ts';
import { KnownPeople } from './stage/known-people.ts';
import { knownRows, loadKnown } from './stage/known-rows.ts';
import { Staging } from './stage/stage-people.ts';

/**
 * The thread in which one run reads: source, scope, map and stage, page after page, so that the main thread stays free for
 * live viewers. Rows leave it as buffers; when too many are under way, the source is held back.
 */
const port = parentPort;
if (port === null) throw new Error('This file is started as a worker thread.');
const task = workerData as ReadTask;
const send = (message: FromReader, transfer: ArrayBuffer[] = []): void => port.postMessage(message, transfer);

/** Buffers of rows that may be under way to the database. */
const maxUnderWay = 8;
let underWay = 0;
let release: (() => void) | null = null;
const room = (): Promise<void> | undefined =>
  underWay < maxUnderWay ? undefined : new Promise((resolve) => (release = resolve));

const counts: ReadCounts = { read: 0, inScope: 0, unchanged: 0, excluded: {} };
const known = new KnownPeople();
const addKnown = loadKnown(known);
const { settings } = task;
const mapping = compileMapping(settings.mappings);
const staging = new Staging({
  workspaceId: task.workspaceId,
  runId: task.runId,
  mappingText: JSON.stringify([settings.mappings, settings.priority]),
  known,
  index: (values) => indexed(values, task.workspaceId),
  onRows: ({ bytes, count }) => {
    underWay++;
    send({ kind: 'rows', bytes, count }, [bytes.buffer as ArrayBuffer]);
  },
  onFills: (id, fields) => send({ kind: 'fills', id, fields }),
});

const exclude = (reason: ExclusionReason): void => {
  counts.excluded[reason] = (counts.excluded[reason] ?? 0) + 1;
};

const takeEntry = (entry: Entry): void => {
  if (entry.id === null) {
    counts.read++;
    counts.inScope++;
    staging.skip(entry.name, null, 'NO_ID', `${entry.name} has no value for the attribute that identifies people.`);
    return;
  }
  const arrival = known.arrive(entry.id);
  if (arrival === 'again') return;
  counts.read++;
  const scoped = scopeEntry(entry, settings.scope);
  if (scoped.kind === 'out') {
    exclude(scoped.reason);
    return;
  }
  const outcome = mapping.map(entry);
  if (outcome.kind === 'problem') {
    known.markPresent();
    counts.inScope++;
    staging.skip(entry.name, entry.id, outcome.code, outcome.message);
    return;
  }
  const { draft, alternatives } = outcome;
  const scopedDraft = scopeDraft(draft, settings.scope);
  if (scopedDraft.kind === 'out') {
    exclude(scopedDraft.reason);
    return;
  }
  known.markPresent();
  counts.inScope++;
  const remarks = entry.undecodable.map((name) => `A value of ${name} is not valid text and was left out.`);
  const changed = staging.add({
    person: entry.name,
    personId: entry.id,
    linked: arrival === 'linked',
    values: draft.values,
    fills: draft.fills,
    alternatives,
    canonical: canonicalDraft(outcome),
    remarks: remarks.length === 0 ? outcome.remarks : [...outcome.remarks, ...remarks],
  });
  if (!changed) counts.unchanged++;
};

const takePage = (entries: Entry[]): Promise<void> | undefined => {
  for (const entry of entries) takeEntry(entry);
  send({ kind: 'counts', counts: { ...counts, excluded: { ...counts.excluded } } });
  return room();
};

const stopped = new AbortController();
const knownLoaded = Promise.withResolvers<void>();

const read = async (): Promise<ReadSummary> => {
  const source = sources[settings.kind];
  const session = await source.open(settings.source, task.secrets, {
    addresses: task.addresses,
    signal: stopped.signal,
  });
  try {
    send({ kind: 'connected', server: session.server, notes: session.notes });
    await knownLoaded.promise;
    return await session.readPeople(
      { attributes: mapping.attributes, scope: settings.scope },
      takePage,
      stopped.signal,
    );
  } finally {
    await session.close();
  }
};

/** Told about per message, so that no list of all the gone is held here. */
const sweepGone = () => {
  let ids: string[] = [];
  const flush = (): void => {
    if (ids.length > 0) send({ kind: 'gone', ids });
    ids = [];
  };
  const add = knownRows((id) => {
    if (!known.isAbsent(id)) return;
    ids.push(id);
    if (ids.length === 5000) flush();
  });
  return { add, flush };
};
const sweep = sweepGone();

port.on('message', (message: ToReader) => {
  if (message.kind === 'known') addKnown(message.bytes);
  else if (message.kind === 'knownEnd') knownLoaded.resolve();
  else if (message.kind === 'taken') {
    underWay--;
    release?.();
    release = null;
  } else if (message.kind === 'sweep') sweep.add(message.bytes);
  else if (message.kind === 'sweepEnd') {
    sweep.flush();
    send({ kind: 'goneDone' });
  } else stopped.abort();
});

const failure = (error: unknown): FromReader => {
  if (!(error instanceof AppError)) throw error;
  return { kind: 'failed', error: { code: error.code, message: error.message, hint: error.hint } };
};

read().then(
  (summary) => {
    staging.flush();
    send({ kind: 'done', counts, summary, absent: known.absent });
  },
  (error: unknown) => {
    if (stopped.signal.aborted) return;
    send(failure(error));
  },
);
