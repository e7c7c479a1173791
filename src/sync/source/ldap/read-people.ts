import { AppError } from '../../../core/app-error.ts';
import type { AttributeValue, Entry, ReadRequest, ReadSummary, SourceNote } from '../../../core/directory.ts';
import { canonicalDn } from './dn.ts';
import { encodeFilter } from './filter/encode-filter.ts';
import { type LdapFilter, present } from './filter/filter.ts';
import { parseFilter } from './filter/parse-filter.ts';
import { scopeFilter } from './filter/scope-filter.ts';
import { planGroups } from './group-plan.ts';
import { findIdAttribute, noReadableId } from './id-attribute.ts';
import { PersonDecoder } from './person-decoder.ts';
import { contextOf, type Reached, readServerInfo, whoAmI } from './reach.ts';
import { readPages } from './read-pages.ts';
import { resultError } from './result-error.ts';

type OnPage = (entries: Entry[]) => void | Promise<void>;

/** Reads everybody in scope; see DirectorySession. */
export async function readPeople(
  reached: Reached,
  request: ReadRequest,
  onPage: OnPage,
  signal: AbortSignal,
): Promise<ReadSummary> {
  const release = reached.connection.obey(signal);
  try {
    const own = ownFilter(request.scope.filter);
    const groups = await planGroups(reached, request.scope.groups);
    const filter = scopeFilter(
      request.scope,
      own,
      groups.kind === 'filter' ? groups.filter : null,
      reached.server.flavour,
    );
    const id = await findIdAttribute(reached, filter);
    if (!id.readable) throw noReadableId(id, reached);
    const read: Read = {
      reached,
      filter,
      decoder: new PersonDecoder(request.attributes, id.attribute, groups),
      onPage,
      signal,
      referrals: new Set(),
    };
    let doubt: string | null = null;
    for (const baseDn of distinctBases(reached.settings.baseDns)) doubt = (await readBase(read, baseDn)) ?? doubt;
    doubt = (await otherServerOrAccount(reached)) ?? doubt;
    return summary(doubt, read.referrals);
  } finally {
    release();
  }
}

type Read = {
  reached: Reached;
  filter: LdapFilter;
  decoder: PersonDecoder;
  onPage: OnPage;
  signal: AbortSignal;
  referrals: Set<string>;
};

function ownFilter(text: string | null): LdapFilter | null {
  if (text === null || text.trim() === '') return null;
  const parsed = parseFilter(text);
  if (parsed.kind === 'ok') return parsed.filter;
  throw new AppError(
    'FILTER_REFUSED',
    `The scope's filter has a mistake at character ${parsed.position + 1}: ${parsed.message}`,
    {
      hint: 'Mend the filter (RFC 4515).',
    },
  );
}

/** One base inside another is read twice: it may lie in a partition of its own that the outer search does not enter. */
const distinctBases = (baseDns: readonly string[]): string[] => [
  ...new Map(baseDns.map((dn) => [canonicalDn(dn), dn])).values(),
];

/** Answers why the read can't be called complete, or null. */
async function readBase(
  { reached, filter, decoder, onPage, signal, referrals }: Read,
  baseDn: string,
): Promise<string | null> {
  let entries: Entry[] = [];
  const sink = {
    entry: (bytes: Buffer, at: number, end: number) => entries.push(decoder.decode(bytes, at, end)),
    references: (urls: string[]) => {
      for (const url of urls) referrals.add(url);
    },
  };
  let page: Entry[] = [];
  const takePage = async (): Promise<void> => {
    page = entries;
    entries = [];
    if (decoder.unfinished.length > 0) await finishRanges(reached, decoder);
  };
  const deliver = async (): Promise<void> => {
    if (page.length > 0) await onPage(page);
    signal.throwIfAborted();
  };
  const search = { baseDn, scope: 'sub', filter: encodeFilter(filter), attributes: decoder.attributes } as const;
  const proven = await readPages(reached, search, sink, deliver, takePage);
  return proven
    ? null
    : `The server answered the search of "${baseDn}" without paging, so nothing proves that it was complete.`;
}

/** Reads on what came in part (`proxyAddresses;range=0-1499`), until the server says that it was the last part. */
async function finishRanges(reached: Reached, decoder: PersonDecoder): Promise<void> {
  for (const { entry, range } of decoder.unfinished.splice(0)) {
    let next: number | null = range.next;
    while (next !== null) next = await readRange(reached, entry, range.slot, range.name, next);
  }
}

async function readRange(
  reached: Reached,
  entry: Entry,
  slot: number,
  name: string,
  from: number,
): Promise<number | null> {
  const part = new PersonDecoder([name], 'objectClass', { kind: 'none' });
  const found: Entry[] = [];
  const result = await reached.connection.search(
    {
      baseDn: entry.name,
      scope: 'base',
      filter: encodeFilter(present('objectClass')),
      attributes: [`${name};range=${from}-*`],
    },
    { entry: (bytes, at, end) => found.push(part.decode(bytes, at, end)), references: () => {} },
  );
  if (result.code !== 0) throw resultError(result, contextOf(reached, entry.name, false));
  append(entry, slot, found[0]?.attributes[0]);
  return part.unfinished[0]?.range.next ?? null;
}

function append(entry: Entry, slot: number, more: AttributeValue): void {
  const values = [entry.attributes[slot] ?? [], more ?? []].flat();
  entry.attributes = entry.attributes.map((value, i) => (i === slot ? values : value));
}

/** The last look: does the server still take us for the same account, and is it still the same server? */
async function otherServerOrAccount(reached: Reached): Promise<string | null> {
  const { connection, server, account } = reached;
  const now = await readServerInfo(connection);
  if (now.identity !== server.identity) return 'Another server answered at the end than at the beginning.';
  if ((await whoAmI(connection, server)) !== account)
    return 'The server took us for another account at the end than at the beginning.';
  return null;
}

function summary(incompleteBecause: string | null, met: Set<string>): ReadSummary {
  const referrals = [...new Set([...met].map(normalReferral))].sort();
  const notes: SourceNote[] = [];
  if (referrals.length > 0) {
    const message = `Parts of the scope lie on other servers and were not read: ${referrals.join(', ')}`;
    notes.push({ level: 'WARN', code: 'REFERRAL', message });
  }
  return { complete: incompleteBecause === null, incompleteBecause, referrals, notes };
}

/** Scheme and host without case, no default port, no `??sub` at the end: the same reference is the same text. */
function normalReferral(url: string): string {
  const match = /^(ldaps?):\/\/([^/?]*)(.*)$/i.exec(url.trim());
  if (match === null) return url.trim();
  const [, scheme = '', host = '', rest = ''] = match;
  const port = scheme.toLowerCase() === 'ldap' ? /:389$/ : /:636$/;
  return `${scheme.toLowerCase()}://${host.toLowerCase().replace(port, '')}${rest.replace(/\?.*$/, '')}`;
}
