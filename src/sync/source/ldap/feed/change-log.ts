import { z } from 'zod';
import { allowances } from '../answer-limits.ts';
import { type DecodedEntry, EntryDecoder } from '../entry-decoder.ts';
import { encodeFilter, equal, type LdapFilter, present } from '../filter/filter.ts';
import { idOf } from '../person-decoder.ts';
import type { Reached } from '../reach.ts';
import { type RawEntry, readEntries, textsOf } from '../read-entries.ts';
import { readPages } from '../read-parts.ts';
import type { NoFeed } from './change-feed.ts';

/**
 * A place in the change log of one server. `entry`: the unique id of the log's entry with this number. A log that began
 * anew, or was restored, has another entry there. `started`: when the server was started. While it was off, it can have
 * got other data or settings, and the log has no entries about that.
 */
export const logPlaceShape = z.object({ number: z.number(), entry: z.string(), started: z.string() });
export type LogPlace = z.infer<typeof logPlaceShape>;

/**
 * Reads where the server stands now. The entry of the last change must be there already: the server counts a change
 * shortly before others can see it.
 */
export async function readLogPlace(reached: Reached, log: string): Promise<LogPlace | NoFeed> {
  const root = await readFirst(reached, { baseDn: '', attributes: ['lastchangenumber', 'dataversion'] });
  const number = numberOf(root === null ? '' : textsOf(root, 'lastchangenumber')[0]);
  const started = root === null ? undefined : textsOf(root, 'dataversion')[0];
  if (number === null || started === undefined)
    return { because: 'the server does not tell where its change log stands' };
  const filter = equal('changeNumber', String(number));
  const last = await readFirst(reached, { baseDn: log, scope: 'one', filter, attributes: ['nsUniqueId'] });
  const entry = last === null ? undefined : textsOf(last, 'nsUniqueId')[0];
  if (entry === undefined)
    return { because: `the bind account may not read the change log ("${log}"), or its last entry is not there yet` };
  return { number, entry, started };
}

type FirstSearch = { baseDn: string; scope?: 'base' | 'one'; filter?: LdapFilter; attributes: string[] };

/** Reads one small entry. Null: there is none, or it is hidden. */
export async function readFirst({ connection }: Reached, search: FirstSearch): Promise<RawEntry | null> {
  const { scope = 'base', filter = present('objectClass') } = search;
  const asked = { ...search, scope, filter: encodeFilter(filter), allowance: allowances.entry };
  const { entries } = await readEntries(connection, asked, 1);
  return entries[0] ?? null;
}

/** A change. `id` and `dn`: of the changed entry, before the change. `entry`: the unique id of the log's own entry. */
export type LoggedChange = { number: number; id: string; dn: string; type: string; entry: string };

const columns = ['changeNumber', 'targetUniqueId', 'changeType', 'nsUniqueId', 'targetDn'];

/**
 * Reads the changes with these numbers, in their order. Null: a number is missing, or an entry does not tell enough. The
 * values of changes, such as passwords, are not requested.
 */
export async function readLog(reached: Reached, log: string, from: number, to: number): Promise<LoggedChange[] | null> {
  const decoder = new EntryDecoder(columns);
  const changes = new Map<number, LoggedChange>();
  let isWhole = true;
  let brought = 0;
  const take = ({ values }: DecodedEntry): void => {
    const [written, id, type, entry] = values.map((value) => idOf(value));
    const [dn] = [values[4] ?? []].flat();
    const number = numberOf(written ?? '');
    if (number === null || number < from) isWhole = false;
    // Later changes belong to the next read.
    else if (number <= to && !changes.has(number)) {
      brought++;
      if (id && dn && type && entry) changes.set(number, { number, id, dn, type: type.toLowerCase(), entry });
      else isWhole = false;
    }
  };
  const filter: LdapFilter = { kind: 'greater', attribute: 'changeNumber', value: Buffer.from(String(from)) };
  await readPages(reached, {
    search: { baseDn: log, scope: 'one', filter: encodeFilter(filter), attributes: columns },
    sink: { entry: (bytes, at, end) => take(decoder.decode(bytes, at, end)), references: () => {} },
    onPage: () => {
      const news = brought;
      brought = 0;
      return !isWhole || changes.size > to - from ? 'enough' : news;
    },
    progress: { pages: 0 },
  });
  return isWhole && changes.size > to - from ? [...changes.values()].sort((a, b) => a.number - b.number) : null;
}

/** Null: the text is no number of a change. Numbers begin at 1. */
function numberOf(text: string | undefined): number | null {
  return text !== undefined && /^[1-9]\d{0,14}$/.test(text) ? Number(text) : null;
}
