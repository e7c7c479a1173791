import DataLoader from 'dataloader';
import type { ConnectionRecord, ContactRecord, ContactSourceRecord, RunRecord } from '../core/records.ts';
import type { Page, WorkspaceStore } from '../core/store.ts';

/**
 * Relations, loaded for a whole list at once. They batch and never remember: the context of a subscription lives on, and
 * what it shows must be what is stored now.
 */
export type Loaders = {
  connection: DataLoader<string, ConnectionRecord | null>;
  contact: DataLoader<string, ContactRecord | null>;
  /** By connection id. */
  lastRun: DataLoader<string, RunRecord | null>;
  /** By connection id. */
  contactCount: DataLoader<string, number>;
  /** The first page of a connection's runs. */
  runs: DataLoader<{ connectionId: string; first: number }, Page<RunRecord>>;
  /** By contact id. */
  sources: DataLoader<string, ContactSourceRecord[]>;
};

export const makeLoaders = (store: WorkspaceStore): Loaders => ({
  connection: loader(async (ids) => oneEach(await store.connectionsByIds(ids), (connection) => connection.id)),
  contact: loader(async (ids) => oneEach(await store.contactsByIds(ids), (contact) => contact.id)),
  lastRun: loader(async (ids) => oneEach(await store.lastRunsOf(ids), (run) => run.connectionId ?? '')),
  contactCount: loader(async (ids) => {
    const counts = await store.contactCountsOf(ids);
    return (id) => counts.get(id) ?? 0;
  }),
  runs: new DataLoader(
    async (wanted) => {
      const pages = new Map<number, (connectionId: string) => Page<RunRecord>>();
      for (const [first, alike] of Map.groupBy(wanted, (one) => one.first))
        pages.set(first, await store.runsPagesOf([...new Set(alike.map((one) => one.connectionId))], first));
      return wanted.map(
        ({ connectionId, first }) => pages.get(first)?.(connectionId) ?? new Error('No page was loaded.'),
      );
    },
    { cache: false },
  ),
  sources: loader(async (ids) => {
    const sources = Map.groupBy(await store.sourcesOf(ids), (source) => source.contactId);
    return (id) => sources.get(id) ?? [];
  }),
});

/** `load` is given each key once and answers with a look-up. */
const loader = <V>(load: (keys: string[]) => Promise<(key: string) => V>): DataLoader<string, V> =>
  new DataLoader(
    async (keys) => {
      const found = await load([...new Set(keys)]);
      return keys.map(found);
    },
    { cache: false },
  );

function oneEach<T>(items: readonly T[], keyOf: (item: T) => string): (key: string) => T | null {
  const byKey = new Map(items.map((item) => [keyOf(item), item]));
  return (key) => byKey.get(key) ?? null;
}
