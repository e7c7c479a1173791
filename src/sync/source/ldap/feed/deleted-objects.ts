import { Control } from 'ldapts';
import { allowances } from '../answer-limits.ts';
import { encodeFilter, equal, type LdapFilter } from '../filter/filter.ts';
import { isActiveDirectory, type Reached } from '../reach.ts';
import { readEntries } from '../read-entries.ts';
import { features } from '../root-dse.ts';

/** The control with which a search also finds deleted entries. */
export function showDeleted(): Control {
  return new Control(features.showDeleted, { critical: true });
}

type DeletedObjects = { baseDn: string; filter: LdapFilter; controls: readonly Control[] };

/**
 * The places in which Active Directory keeps the remains of deleted entries of these naming contexts, if the account
 * may see such a place. By default only administrators see what is in it, even if others see the place itself.
 */
export async function deletedObjects(reached: Reached, contexts: readonly string[]): Promise<DeletedObjects[]> {
  const places: DeletedObjects[] = [];
  if (!isActiveDirectory(reached) || !reached.server.supports.has('showDeleted')) return places;
  for (const context of contexts) {
    const place = {
      baseDn: `CN=Deleted Objects,${context}`,
      filter: equal('isDeleted', 'TRUE'),
      controls: [showDeleted()],
    };
    const { entries } = await readEntries(reached.connection, {
      ...place,
      scope: 'base',
      filter: encodeFilter(place.filter),
      attributes: ['1.1'],
      allowance: allowances.entry,
    });
    if (entries.length > 0) places.push(place);
  }
  return places;
}

/** Whether the account sees a deleted entry of each of these naming contexts. If so, it sees all of them. */
export async function seesDeleted(reached: Reached, contexts: readonly string[]): Promise<boolean> {
  const places = await deletedObjects(reached, contexts);
  if (places.length < contexts.length) return false;
  for (const { filter, ...place } of places) {
    const page = { size: 1, cookie: Buffer.alloc(0) };
    const search = { ...place, scope: 'one', filter: encodeFilter(filter), attributes: ['1.1'], page } as const;
    const { entries, result } = await readEntries(reached.connection, search, 1);
    if (result.code !== 0 || entries.length === 0) return false;
  }
  return true;
}
