import DataLoader from 'dataloader';
import type { QualityKind } from '../core/quality.ts';
import type {
  ChangeRecord,
  ConnectionRecord,
  ContactPart,
  ContactRecord,
  ContactSourceRecord,
  OriginRecord,
  RunRecord,
  WatchRecord,
} from '../core/records.ts';
import type { ChangeFilter, FindingsPage, LogQuery, LogSlice, Page, WorkspaceStore } from '../core/store.ts';

/**
 * Load the relations of a whole list at once. They batch but don't cache: the context of a subscription lives on, and
 * must show what is stored now.
 */
export type Loaders = {
  connection: Loader<ConnectionRecord | null>;
  /** The question is what to read of the contact. */
  contact: LoaderByQuestion<readonly ContactPart[], ContactRecord | null>;
  /** By connection id. */
  lastRun: Loader<RunRecord | null>;
  /** By connection id. */
  watch: Loader<WatchRecord | null>;
  /** By connection id. */
  contactCount: Loader<number>;
  /** The first page of a connection's runs; the question is the page's length. */
  runs: LoaderByQuestion<number, Page<RunRecord>>;
  /** By run id. */
  log: LoaderByQuestion<LogQuery, LogSlice>;
  /** The first page of a run's changes. */
  changes: LoaderByQuestion<ChangeFilter & { first: number }, Page<ChangeRecord>>;
  /** The first page of a run's findings. */
  findings: LoaderByQuestion<{ kind: QualityKind | null; first: number }, FindingsPage | null>;
  run: Loader<RunRecord | null>;
  /** By contact id. */
  origins: Loader<OriginRecord[]>;
  /** By contact id. */
  sources: Loader<ContactSourceRecord[]>;
  /** By the id of the contact whose manager it is. */
  manager: Loader<ContactRecord | null>;
  /** The hash of a contact's photo, by contact id. */
  photoHash: Loader<string | null>;
  /** The first page of the contacts whose manager a contact is; the question is the page's length. */
  reports: LoaderByQuestion<number, Page<ContactRecord>>;
};

type Loader<V> = Pick<DataLoader<string, V>, 'load'>;

/** A loader with arguments: requests with the same arguments are loaded together. */
type LoaderByQuestion<Question, V> = { load(id: string, question: Question): Promise<V> };

export function makeLoaders(store: WorkspaceStore): Loaders {
  return {
    connection: loader(async (ids) => oneEach(await store.connectionsByIds(ids), (connection) => connection.id)),
    contact: loaderByQuestion(async (ids, parts) => oneEach(await store.contactsByIds(ids, parts), ({ id }) => id)),
    lastRun: loader(async (ids) => oneEach(await store.lastRunsOf(ids), (run) => run.connectionId ?? '')),
    watch: loader(async (ids) => oneEach(await store.watchesOf(ids), (watch) => watch.connectionId)),
    contactCount: loader(async (ids) => {
      const counts = await store.contactCountsOf(ids);
      return (id) => counts.get(id) ?? 0;
    }),
    runs: loaderByQuestion((ids, first) => store.runsPagesOf(ids, first)),
    log: loaderByQuestion((ids, log) => store.runLogsOf(ids, log)),
    changes: loaderByQuestion((ids, { first, ...filter }) => store.changesPagesOf(ids, filter, first)),
    findings: loaderByQuestion((ids, { kind, first }) => store.findingsPages(ids, kind, { first, after: null })),
    run: loader(async (ids) => oneEach(await store.runsByIds(ids), ({ id }) => id)),
    origins: loader(async (ids) => {
      const origins = await store.originsOf(ids);
      return (id) => origins.get(id) ?? [];
    }),
    sources: loader(async (ids) => {
      const sources = Map.groupBy(await store.sourcesOf(ids), (source) => source.contactId);
      return (id) => sources.get(id) ?? [];
    }),
    manager: loader(async (ids) => {
      const managers = await store.managersOf(ids);
      return (id) => managers.get(id) ?? null;
    }),
    photoHash: loader(async (ids) => {
      const hashes = await store.photoHashesOf(ids);
      return (id) => hashes.get(id) ?? null;
    }),
    reports: loaderByQuestion((ids, first) => store.reportsPagesOf(ids, first)),
  };
}

/** `load` gets each key once and returns a function that finds a key's value. Most operations use one loader or none. */
function loader<V>(load: (keys: string[]) => Promise<(key: string) => V>): Loader<V> {
  let made: DataLoader<string, V> | undefined;
  const loadAll = async (keys: readonly string[]): Promise<V[]> => {
    const found = await load([...new Set(keys)]);
    return keys.map(found);
  };
  return {
    load: (key) => {
      made ??= new DataLoader(loadAll, { cache: false });
      return made.load(key);
    },
  };
}

function loaderByQuestion<Question, V>(
  load: (ids: string[], question: Question) => Promise<(id: string) => V>,
): LoaderByQuestion<Question, V> {
  const loaders = new Map<string, Loader<V>>();
  return {
    load: (id, question) => {
      const key = JSON.stringify(question);
      const own = loaders.get(key) ?? loader((ids) => load(ids, question));
      loaders.set(key, own);
      return own.load(id);
    },
  };
}

function oneEach<T>(items: readonly T[], keyOf: (item: T) => string): (key: string) => T | null {
  const byKey = new Map(items.map((item) => [keyOf(item), item]));
  return (key) => byKey.get(key) ?? null;
}
