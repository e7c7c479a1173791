import { isDeepStrictEqual } from 'node:util';
import { AppError } from '../core/app-error.ts';
import type { RemovalPolicy, Secrets, SourceSettings } from '../core/connection.ts';
import type { AddressPolicy, ConnectionTest, Outside } from '../core/source-session.ts';
import type {
  ConnectionProposal,
  DiscoveredAttribute,
  LookOutcome,
  LookRequest,
  SourcesPort,
  TestRequest,
} from '../core/sources-port.ts';
import type { FileStore, StoredFiles } from '../core/stored-files.ts';
import type { ConnectionPreview, PersonExplanation, Trial, TrialStore } from '../core/trial.ts';
import { type Fault, faultsBelow } from '../core/user-error.ts';
import { explainPerson } from './explain-person.ts';
import type { LookUpAgain } from './find-circle.ts';
import { lookAtSource, lookSlots } from './look-at-source.ts';
import { checkMappings } from './map/check-mappings.ts';
import { previewConnection, withOutside } from './preview-connection.ts';
import type { SourceTask } from './read-messages.ts';
import type { ReadingThreads } from './reading-threads.ts';
import type { Source } from './source/source-module.ts';
import { idSpaceOf, sourceOf, sources } from './source/sources.ts';
import type { TryOut } from './try-out.ts';

/** What the sources need from the rest of the service. */
export type SourcesParts = {
  /** Threads for tests of connections, and for other looks at sources. */
  threads: ReadingThreads;
  addresses: AddressPolicy;
  /** Left out: no files are stored. */
  files?: FileStore;
  /** Left out: nothing can be previewed. */
  trials?: TrialStore;
  /** Decrypts the stored secrets of a connection. Throws an AppError when it can't, or when the connection has another version. */
  storedSecrets(workspaceId: string, connection: { id: string; version: number }): Promise<Secrets>;
};

/** Answers the API's questions about sources. Each kind's module knows the answers. */
export function openSources(parts: SourcesParts): SourcesPort {
  const slots = lookSlots();
  const kinds = Object.values(sources).map((source) => source.info());
  const infos = new Map(kinds.map((info) => [info.kind, info]));
  return {
    kinds: () => kinds,
    kind: (kind) => infos.get(kind) ?? sourceOf(kind).info(),
    defaults: (kind, settings) => sourceOf(kind).defaults(settings),
    settings: (kind, current, given) => sourceOf(kind).settings(edited(current ?? {}, given)),
    checkConnection: ({ kind, status, source, scope, mappings, removal }, secrets, paths) => [
      ...faultsBelow(paths.source, sourceOf(kind).checkSettings(source, { ...secrets, mayLack: status === 'DRAFT' })),
      ...faultsBelow(paths.scope, sourceOf(kind).checkScope(scope, source)),
      ...checkMappings(mappings, sourceOf(kind).attributes, paths.mappings),
      ...faultsBelow(paths.removal, checkRemoval(removal)),
    ],
    checkSource: (kind, settings, secrets, path) =>
      faultsBelow(path, sourceOf(kind).checkSettings(settings, { ...secrets, mayLack: true })),
    checkToPropose: (kind, settings, secrets, path) => {
      const { findable, checkSettings } = sourceOf(kind);
      const faults = checkSettings(settings, { ...secrets, mayLack: true });
      const isFound = ({ path: [name = '', inner], code }: Fault): boolean =>
        code === 'REQUIRED' && inner === undefined && findable.includes(name);
      return faultsBelow(
        path,
        faults.filter((fault) => !isFound(fault)),
      );
    },
    propose: (request, signal) => slots.run(request.workspaceId, () => orFailed(propose(parts, request, signal))),
    checkDestination: (kind, edit, path) => faultsBelow(path, secretsAstray(sourceOf(kind), edit)),
    test: (request, signal) => slots.run(request.workspaceId, () => test(parts, request, signal)),
    preview: (request, people, signal) =>
      slots.run(request.workspaceId, () => orFailed(preview(parts, request, people, signal))),
    explain: (request, person, signal) =>
      slots.run(request.workspaceId, () => orFailed(explain(parts, request, person, signal))),
    discover: (request, people, signal) =>
      slots.run(request.workspaceId, () => orFailed(discover(parts, request, people, signal))),
  };
}

/** Settings set to null are removed; they get their default when they are read. */
function edited(current: SourceSettings, given: SourceSettings): SourceSettings {
  return Object.fromEntries(
    Object.entries({ ...current, ...withoutUndefined(given) }).filter(([, value]) => value !== null),
  );
}

function withoutUndefined(given: SourceSettings): SourceSettings {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}

function secretsAstray(
  source: Source,
  { saved, wanted, kept }: { saved: SourceSettings; wanted: SourceSettings; kept: ReadonlySet<string> },
): Fault[] {
  const [from, to] = [source.destination(saved), source.destination(wanted)];
  const changed = Object.keys(to).filter((setting) => !isDeepStrictEqual(from[setting], to[setting]));
  if (changed.length === 0) return [];
  const stored = source.secrets.filter((name) => kept.has(name));
  return stored.map((name) => ({
    path: [name],
    code: 'SECRET_REQUIRED',
    message: `Give ${name} again: ${changed.join(', ')} would change where or how it is sent.`,
  }));
}

/** Connects to a source and reads one entry. Each AppError becomes part of the answer, also one about stored secrets. */
async function test(parts: SourcesParts, request: TestRequest, signal: AbortSignal): Promise<ConnectionTest> {
  const tested = await orFailed(
    opening(parts, request).then(({ task, files }) =>
      lookAtSource({ threads: parts.threads, files }, { look: 'test', task }, signal),
    ),
  );
  if (tested.kind === 'answer') return tested.answer;
  return { ok: false, ...tested.error, server: null, latencyMs: null, checks: [] };
}

async function propose(parts: SourcesParts, request: TestRequest, signal: AbortSignal): Promise<ConnectionProposal> {
  const { task, files } = await opening(parts, request);
  const asked = { look: 'propose', task: { ...task, at: new Date() } } as const;
  return await lookAtSource({ threads: parts.threads, files }, asked, signal);
}

async function discover(
  parts: SourcesParts,
  { settings: { kind, source, scope }, ...request }: LookRequest,
  people: number,
  signal: AbortSignal,
): Promise<DiscoveredAttribute[]> {
  const { task, files } = await opening(parts, { ...request, kind, settings: source });
  const asked = { look: 'discover', task: { ...task, scope, people, at: new Date() } } as const;
  return await lookAtSource({ threads: parts.threads, files }, asked, signal);
}

/** The longest time for a preview, in seconds, including the wait for a turn. */
const longestTrialSeconds = 300;

async function preview(
  parts: SourcesParts,
  request: LookRequest,
  people: number,
  signal: AbortSignal,
): Promise<ConnectionPreview> {
  const sample = { people, watched: [] };
  const preview = await inTrial(parts, request, signal, (trial, task, until) =>
    previewConnection(parts.threads, trial, { ...task, sample }, until),
  );
  return withOutside(preview, await orFailed(countOutside(parts, request, signal)));
}

async function countOutside(parts: SourcesParts, request: LookRequest, signal: AbortSignal): Promise<Outside[]> {
  const { settings, ...asked } = request;
  const { kind, source, scope } = settings;
  const { task, files } = await opening(parts, { ...asked, kind, settings: source });
  return await lookAtSource({ threads: parts.threads, files }, { look: 'outside', task: { ...task, scope } }, signal);
}

async function explain(
  parts: SourcesParts,
  request: LookRequest,
  person: string,
  signal: AbortSignal,
): Promise<PersonExplanation> {
  const { settings: connection, ...asked } = request;
  const { kind, source: settings } = connection;
  const { task, files } = await opening(parts, { ...asked, kind, settings });
  const look = { threads: parts.threads, files };
  const question = { look: 'find', task: { ...task, person, connection, at: new Date() } } as const;
  const found = await lookAtSource(look, question, signal);
  const explained = (among: LookUpAgain | 'everybody'): Promise<PersonExplanation | null> =>
    inTrial(parts, request, signal, (trial, tried, until) =>
      explainPerson(parts.threads, trial, { task: tried, found, person, among }, until),
    );
  const lookUp: LookUpAgain = (ids, addresses) =>
    lookAtSource(
      look,
      { look: 'lookUp', task: { ...task, wanted: { ids, addresses }, connection, at: new Date() } },
      signal,
    );
  const soon = found.kind === 'found' && found.circle !== null ? await explained(lookUp) : null;
  const explanation = soon ?? (await explained('everybody'));
  if (explanation === null) throw new Error('A person is not explained although everybody was read.');
  return explanation;
}

/** Opens a trial for work that must end in time. Throws AppError TIMEOUT, or the signal's reason. */
async function inTrial<T>(
  parts: SourcesParts,
  { workspaceId, connection, settings, secrets: given }: LookRequest,
  signal: AbortSignal,
  work: (trial: Trial, task: Omit<TryOut, 'sample'>, until: AbortSignal) => Promise<T>,
): Promise<T> {
  const { trials } = parts;
  if (trials === undefined) throw new Error('Previews need the database.');
  const { kind, source } = settings;
  const opened = await opening(parts, { workspaceId, connection, kind, settings: source, secrets: given });
  const { secrets, addresses } = opened.task;
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(tooLong()), longestTrialSeconds * 1000);
  const until = AbortSignal.any([signal, late.signal]);
  const asked = { workspaceId, connectionId: connection?.id ?? null, settings, ids: idSpaceOf(kind) };
  try {
    return await trials.use(
      { ...asked, files: opened.files ?? noFiles },
      (trial) => work(trial, { workspaceId, settings, secrets, addresses }, until),
      until,
    );
  } finally {
    clearTimeout(timer);
  }
}

/** Stands for the files of a connection that is not saved: there are none. */
const noFiles: StoredFiles = {
  find: async () => null,
  read: () => {
    throw new Error('There is no file.');
  },
};

function tooLong(): AppError {
  return new AppError('TIMEOUT', `Not everybody was read and planned within ${longestTrialSeconds} s.`, {
    hint: 'Narrow the base DNs or the scope, or start a dry run, which may take longer.',
  });
}

/** What opening a source needs: all of its secrets, given or stored, and its file. */
async function opening(
  { addresses, files, storedSecrets }: SourcesParts,
  { workspaceId, connection, kind, settings, secrets }: TestRequest,
): Promise<{ task: SourceTask; files: StoredFiles | null }> {
  const needed = sourceOf(kind).secrets.some((name) => secrets[name] === undefined);
  const stored = connection !== null && needed ? await storedSecrets(workspaceId, connection) : {};
  return {
    task: { kind, settings, secrets: { ...stored, ...secrets }, addresses },
    files: connection === null ? null : (files?.of(workspaceId, connection.id) ?? null),
  };
}

/** Turns an AppError into an answer. Anything else is thrown: it is our own fault, or the client has left. */
async function orFailed<T>(work: Promise<T>): Promise<LookOutcome<T>> {
  try {
    return { kind: 'answer', answer: await work };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const { code, message, hint } = error;
    return { kind: 'failed', error: { code, message, hint } };
  }
}

const longestGraceDays = 3650;
/** The largest GraphQL Int and integer column. */
const largestCount = 2 ** 31 - 1;

/** The numbers of a removal policy that are out of range, with code OUT_OF_RANGE. */
function checkRemoval({ graceDays, maxPercent, maxCount, maxEmptiedPercent }: RemovalPolicy): Fault[] {
  return [
    ...outOfRange('graceDays', graceDays, longestGraceDays),
    ...outOfRange('maxPercent', maxPercent, 100),
    ...outOfRange('maxCount', maxCount, largestCount),
    ...outOfRange('maxEmptiedPercent', maxEmptiedPercent, 100),
  ];
}

function outOfRange(name: string, value: number | null, most: number): Fault[] {
  return value === null || (Number.isInteger(value) && value >= 0 && value <= most)
    ? []
    : [{ path: [name], code: 'OUT_OF_RANGE', message: `${name} is a whole number from 0 to ${most}.` }];
}
