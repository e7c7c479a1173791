import { Control } from 'ldapts';
import { allowances } from '../answer-limits.ts';
import { encodeFilter, equal, type LdapFilter } from '../filter/filter.ts';
import { isActiveDirectory, type Reached } from '../reach.ts';
import { readEntries } from '../read-entries.ts';
import { features } from '../root-dse.ts';

/** Shows entries that have been deleted. */
export function showDeleted(): Control {
  return new Control(features.showDeleted, { critical: true });
}

type DeletedObjects = { baseDn: string; filter: LdapFilter; controls: readonly Control[] };

/**
 * Where Active Directory keeps what is left of deleted entries of these naming contexts, as far as the account may see it. By default
 * only administrators may. `all`: whether it sees those of each context.
 */
export async function deletedObjects(
  reached: Reached,
  contexts: readonly string[],
): Promise<{ places: DeletedObjects[]; all: boolean }> {
  const places: DeletedObjects[] = [];
  if (!isActiveDirectory(reached) || !reached.server.supports.has('showDeleted')) return { places, all: false };
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
  return { places, all: places.length === contexts.length };
}
