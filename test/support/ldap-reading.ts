import type { FeedEnd } from '../../src/core/arrivals.ts';
import type { Scope } from '../../src/core/connection.ts';
import type { Entry } from '../../src/core/entry.ts';
import type { OpenOptions, SourceSession } from '../../src/core/source-session.ts';
import { borrowFiles } from '../../src/sync/lend-files.ts';
import type { LdapSettings } from '../../src/sync/source/ldap/ldap-settings.ts';
import { sources } from '../../src/sync/source/sources.ts';

/** Settings for a server on loopback, with the defaults. */
export function ldapSettings(
  server: { url: string; baseDn?: string; bindDn?: string; ca?: string },
  changes: Partial<LdapSettings> = {},
): LdapSettings {
  return {
    urls: [server.url],
    domain: null,
    startTls: false,
    tlsCa: server.url.startsWith('ldaps:') ? (server.ca ?? null) : null,
    tlsVerify: true,
    tlsCert: null,
    bindDn: server.bindDn ?? null,
    baseDns: [server.baseDn ?? 'dc=example,dc=org'],
    pageSize: 100,
    timeoutSeconds: 10,
    idAttribute: null,
    flavour: 'AUTO',
    ...changes,
  };
}

/** A scope that leaves nobody out, with these changes. */
export function scopeOf(changes: Partial<Scope> = {}): Scope {
  return {
    groups: [],
    nestedGroups: false,
    excludeGroups: [],
    excludeBaseDns: [],
    match: 'ALL',
    rules: [],
    filter: null,
    includeDisabled: false,
    requireEmail: false,
    ...changes,
  };
}

/** Options that allow loopback. By default the signal never aborts. */
export function openOptions(signal: AbortSignal = new AbortController().signal): OpenOptions {
  return {
    addresses: { allowPrivate: true, cidrs: [] },
    files: borrowFiles(null),
    signal,
  };
}

export type Reading = { entries: Entry[]; pages: number[]; summary: FeedEnd; session: SourceSession };
export type ReadingOptions = {
  attributes?: string[];
  scope?: Partial<Scope>;
  password?: string;
  signal?: AbortSignal;
  onPage?: (entries: readonly Entry[]) => void | Promise<void>;
  /** Default: now. */
  at?: Date;
};

/** Opens a session, reads everybody in scope and closes it. */
export async function readEverybody(settings: LdapSettings, options: ReadingOptions = {}): Promise<Reading> {
  const signal = options.signal ?? new AbortController().signal;
  const session = await sources.LDAP.open(settings, { bindPassword: options.password ?? null }, openOptions(signal));
  const entries: Entry[] = [];
  const pages: number[] = [];
  try {
    const request = {
      attributes: options.attributes ?? ['cn', 'mail'],
      scope: scopeOf(options.scope),
      at: options.at ?? new Date(),
      since: null,
    };
    const ids = new Set<string>();
    const present = async (page: readonly Entry[]): Promise<number> => {
      const before = ids.size;
      for (const { id } of page) if (id !== null) ids.add(id);
      entries.push(...page);
      pages.push(page.length);
      await options.onPage?.(page);
      return ids.size - before;
    };
    const ends: FeedEnd[] = [];
    await session.read(
      request,
      () => ({
        present: async (page, taken = () => {}) => {
          const news = await present(page);
          for (const entry of page) taken(entry);
          return news;
        },
        unchanged: () => 'wanted',
        missing: () => null,
        othersStay: () => {},
        startOver: () => {},
        gone: () => {},
        end: ({ complete, because, referrals, notes }) =>
          ends.push({ complete, because, cursor: null, referrals, notes }),
      }),
      signal,
    );
    const [summary] = ends;
    if (summary === undefined || ends.length > 1) throw new Error('A read has one end.');
    return { entries, pages, summary, session };
  } finally {
    await session.close();
  }
}
