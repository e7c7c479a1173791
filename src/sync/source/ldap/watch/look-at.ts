import { EntryDecoder } from '../entry-decoder.ts';
import { and, encodeFilter, equal, type LdapFilter, not } from '../filter/filter.ts';
import type { Reached } from '../reach.ts';
import { readPages } from '../read-parts.ts';
import type { Place } from './watched-places.ts';

/** The attribute that every change of an entry raises. */
export type ChangeAttribute = { name: string; kind: 'number' | 'time' };

/** The result of a look at the directory. */
export type Look = {
  entries: number;
  /** The largest value of the attribute. Null: no entry has one. */
  newest: string | null;
  /** A sum over all entries, with their DNs and values. It is the same only if nothing has changed. */
  digest: number;
};

/**
 * Looks at the entries of all places that changed after `since`; null: at all entries. It reads only the attribute, and
 * keeps only sums. Throws AppError when the server refuses.
 */
export async function lookAt(
  reached: Reached,
  places: readonly Place[],
  attribute: ChangeAttribute,
  since: string | null,
): Promise<Look> {
  const look: Look = { entries: 0, newest: null, digest: 0 };
  const progress = { pages: 0 };
  const decoder = new EntryDecoder([attribute.name]);
  for (const place of places) {
    let brought = 0;
    const entry = (bytes: Buffer, at: number, end: number): void => {
      brought++;
      look.entries++;
      // The sum does not depend on the order. It stays an exact integer for more entries than any directory has.
      look.digest = (look.digest + hashOf(bytes, at, end)) % Number.MAX_SAFE_INTEGER;
      const [value] = [decoder.decode(bytes, at, end).values[0] ?? []].flat();
      look.newest = newer(look.newest, value ?? null, attribute);
    };
    await readPages(reached, {
      search: {
        baseDn: place.baseDn,
        scope: 'sub',
        filter: encodeFilter(since === null ? place.filter : and([place.filter, after(attribute, since)])),
        attributes: [attribute.name],
        controls: place.controls,
      },
      sink: { entry, references: () => {} },
      onPage: () => {
        const news = brought;
        brought = 0;
        return news;
      },
      progress,
    });
  }
  return look;
}

/** LDAP has no "greater", only "greater or equal". */
function after({ name }: ChangeAttribute, value: string): LdapFilter {
  return and([{ kind: 'greater', attribute: name, value: Buffer.from(value) }, not(equal(name, value))]);
}

/** The later of two values. Times of one form sort as texts. */
export function newer(one: string | null, other: string | null, { kind }: ChangeAttribute): string | null {
  if (one === null || other === null) return one ?? other;
  const isLater = kind === 'number' && one.length !== other.length ? other.length > one.length : other > one;
  return isLater ? other : one;
}

/** FNV-1a. The bytes of an entry stay the same as long as its DN and its values do. */
function hashOf(bytes: Buffer, at: number, end: number): number {
  let hash = 0x811c9dc5;
  for (let i = at; i < end; i++) hash = Math.imul(hash ^ (bytes[i] ?? 0), 0x01000193);
  return hash >>> 0;
}
