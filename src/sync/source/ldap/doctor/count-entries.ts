import { AppError } from '../../../../core/app-error.ts';
import { BerCursor } from '../ber.ts';
import { encodeFilter, type LdapFilter } from '../filter/filter.ts';
import type { Reached } from '../reach.ts';
import { readPages } from '../read-parts.ts';

/** The most entries that are counted. */
export const mostCounted = 20_000;
/** After this many bytes of all entries together, no more are requested. */
const mostBytes = 64 * 1024 * 1024;
/** The longest time for a count. A page that is on its way then is still counted. */
const longestMs = 5000;

/** `more`: there are others, which were not counted. `because`: the server ended the count. */
export type EntryCount = { entries: number; more: boolean; because: string | null };

/** Counts the entries below the base DNs that meet a filter. No attribute of them is asked for. */
export async function countEntries(reached: Reached, filter: LdapFilter): Promise<EntryCount> {
  const names = new Set<string>();
  const progress = { pages: 0 };
  const started = performance.now();
  let [bytesSoFar, more] = [0, false];
  const isFull = (): boolean => names.size >= mostCounted || bytesSoFar >= mostBytes;
  const entry = (bytes: Buffer, at: number, end: number): void => {
    if (isFull()) {
      more = true;
      return;
    }
    bytesSoFar += end - at;
    names.add(new BerCursor(bytes, at, end).text());
  };
  try {
    for (const baseDn of reached.settings.baseDns) {
      let known = names.size;
      const whole = await readPages(reached, {
        search: { baseDn, scope: 'sub', filter: encodeFilter(filter), attributes: ['1.1'] },
        sink: { entry, references: () => {} },
        onPage: () => {
          if (isFull() || performance.now() - started >= longestMs) return 'enough';
          const brought = names.size - known;
          known = names.size;
          return brought;
        },
        progress,
      });
      if (!whole) return { entries: names.size, more: true, because: null };
    }
  } catch (error) {
    if (!(error instanceof AppError) || !reached.connection.isOpen) throw error;
    return { entries: names.size, more: true, because: error.message };
  }
  return { entries: names.size, more, because: null };
}

/** e.g. `1,234`, `more than 20,000`. */
export function countText({ entries, more }: Pick<EntryCount, 'entries' | 'more'>): string {
  const number = entries.toLocaleString('en');
  return more ? `more than ${number}` : number;
}
