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

/** Identifies what is loaded. A place in a document has the same list of parts each time. */
type What = string | readonly ContactPart[];

/**
 * Loads the relations of a whole list at once. Ids that are asked for at the same time with the same arguments are loaded together.
 * They are not cached: the context of a subscription lives on, and must show what is stored now.
 */
export class Loaders {
  readonly #store: WorkspaceStore;
  /** The loaders, by what they load. Most operations use one or none. */
  readonly #loaders = new Map<What, DataLoader<string, unknown>>();

  constructor(store: WorkspaceStore) {
    this.#store = store;
  }

  connection(id: string): Promise<ConnectionRecord | null> {
    return this.#load(id, 'connection', async (ids) =>
      oneEach(await this.#store.connectionsByIds(ids), (connection) => connection.id),
    );
  }

  contact(id: string, parts: readonly ContactPart[]): Promise<ContactRecord | null> {
    return this.#load(id, parts, async (ids) =>
      oneEach(await this.#store.contactsByIds(ids, parts), (contact) => contact.id),
    );
  }

  lastRun(connectionId: string): Promise<RunRecord | null> {
    return this.#load(connectionId, 'lastRun', async (ids) =>
      oneEach(await this.#store.lastRunsOf(ids), (run) => run.connectionId ?? ''),
    );
  }

  watch(connectionId: string): Promise<WatchRecord | null> {
    return this.#load(connectionId, 'watch', async (ids) =>
      oneEach(await this.#store.watchesOf(ids), (watch) => watch.connectionId),
    );
  }

  contactCount(connectionId: string): Promise<number> {
    return this.#load(connectionId, 'contactCount', async (ids) => {
      const counts = await this.#store.contactCountsOf(ids);
      return (id) => counts.get(id) ?? 0;
    });
  }

  /** The first page of a connection's runs. */
  runs(connectionId: string, first: number): Promise<Page<RunRecord>> {
    return this.#load(connectionId, `runs ${first}`, (ids) => this.#store.runsPagesOf(ids, first));
  }

  log(runId: string, query: LogQuery): Promise<LogSlice> {
    return this.#load(runId, `log ${JSON.stringify(query)}`, (ids) => this.#store.runLogsOf(ids, query));
  }

  /** The first page of a run's changes. */
  changes(runId: string, filter: ChangeFilter, first: number): Promise<Page<ChangeRecord>> {
    return this.#load(runId, `changes ${first} ${JSON.stringify(filter)}`, (ids) =>
      this.#store.changesPagesOf(ids, filter, first),
    );
  }

  /** The first page of a run's findings. */
  findings(runId: string, kind: QualityKind | null, first: number): Promise<FindingsPage | null> {
    return this.#load(runId, `findings ${first} ${kind}`, (ids) =>
      this.#store.findingsPages(ids, kind, { first, after: null }),
    );
  }

  run(id: string): Promise<RunRecord | null> {
    return this.#load(id, 'run', async (ids) => oneEach(await this.#store.runsByIds(ids), (run) => run.id));
  }

  origins(contactId: string): Promise<OriginRecord[]> {
    return this.#load(contactId, 'origins', async (ids) => {
      const origins = await this.#store.originsOf(ids);
      return (id) => origins.get(id) ?? [];
    });
  }

  sources(contactId: string): Promise<ContactSourceRecord[]> {
    return this.#load(contactId, 'sources', async (ids) => {
      const sources = Map.groupBy(await this.#store.sourcesOf(ids), (source) => source.contactId);
      return (id) => sources.get(id) ?? [];
    });
  }

  manager(contactId: string): Promise<ContactRecord | null> {
    return this.#load(contactId, 'manager', async (ids) => {
      const managers = await this.#store.managersOf(ids);
      return (id) => managers.get(id) ?? null;
    });
  }

  /** The hash of a contact's photo. */
  photoHash(contactId: string): Promise<string | null> {
    return this.#load(contactId, 'photoHash', async (ids) => {
      const hashes = await this.#store.photoHashesOf(ids);
      return (id) => hashes.get(id) ?? null;
    });
  }

  /** The first page of the contacts whose manager this contact is. */
  reports(managerId: string, first: number): Promise<Page<ContactRecord>> {
    return this.#load(managerId, `reports ${first}`, (ids) => this.#store.reportsPagesOf(ids, first));
  }

  /** `load` gets each id once and returns a function that finds an id's value. */
  #load<V>(id: string, what: What, load: (ids: string[]) => Promise<(id: string) => V>): Promise<V> {
    let loader = this.#loaders.get(what) as DataLoader<string, V> | undefined;
    if (loader === undefined) {
      const loadAll = async (ids: readonly string[]): Promise<V[]> => {
        const find = await load([...new Set(ids)]);
        return ids.map(find);
      };
      loader = new DataLoader(loadAll, { cache: false });
      this.#loaders.set(what, loader);
    }
    return loader.load(id);
  }
}

function oneEach<T>(items: readonly T[], keyOf: (item: T) => string): (key: string) => T | null {
  const byKey = new Map(items.map((item) => [keyOf(item), item]));
  return (key) => byKey.get(key) ?? null;
}
