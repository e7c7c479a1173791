import { allowances } from '../answer-limits.ts';
import { deletedObjects } from '../feed/deleted-objects.ts';
import { encodeFilter, present } from '../filter/filter.ts';
import { flavours } from '../flavour.ts';
import { isActiveDirectory, type Reached } from '../reach.ts';
import { readEntries, textsOf } from '../read-entries.ts';
import { lookAt, newer } from './look-at.ts';
import { contextsOfPeople, watchedPlaces } from './watched-places.ts';
import { type Refused, rest, type Watching } from './watching.ts';

/**
 * Watches by polling. Every second it asks for entries that are newer than the newest one known. Less often it sweeps:
 * it reads the change attribute of all entries and compares their sum with the last one. That finds entries that are
 * gone, and changes that came late from another server with an older time. After slow answers the pauses are longer, so
 * that the server mostly rests.
 */
export async function askForChanges(watching: Watching): Promise<Refused> {
  const { reached, options, times } = watching;
  const attribute = flavours[reached.server.flavour].changeAttribute;
  const places = watchedPlaces(reached, options.scope);
  const deleted = await deletedObjects(reached, contextsOfPeople(reached));
  const restMs = (afterMs: number, leastMs: number): number => Math.max(leastMs, times.restFactor * afterMs);
  // Another change within the same second would show the same time. It is reported when that second is over.
  const settle = (): Promise<void> => (attribute.kind === 'time' ? rest(watching, times.settleMs) : Promise.resolve());
  const sweep = async () => {
    const [began, number] = [performance.now(), await changeNumber(reached)];
    const look = await lookAt(reached, places, attribute, null);
    const dueAt = performance.now() + restMs(performance.now() - began, times.sweepEveryMs);
    return { ...look, number, dueAt };
  };
  let last = await sweep();
  let { newest, number } = last;
  if (last.entries > 0 && newest === null) return { refused: null };
  await settle();
  options.listening();
  for (let askedMs = 0; ; ) {
    await rest(watching, restMs(askedMs, times.askEveryMs));
    const began = performance.now();
    const before = number;
    number = await changeNumber(reached);
    // If there are no people yet, the number from before the search is the one to compare with.
    const since = newest ?? before;
    const look =
      number !== null && number === before ? null : await lookAt(reached, [...places, ...deleted], attribute, since);
    askedMs = performance.now() - began;
    if (look !== null && look.entries > 0) {
      if (look.newest === null && since === null) return { refused: null };
      newest = newer(newest, look.newest, attribute);
      await settle();
      options.changed();
    }
    if (performance.now() < last.dueAt || (number !== null && number === last.number)) continue;
    const { digest, entries } = last;
    last = await sweep();
    newest = newer(newest, last.newest, attribute);
    if (last.digest === digest && last.entries === entries) continue;
    await settle();
    options.changed();
  }
}

/** Active Directory's number of its last change, which grows with each. Null: the server has none. */
async function changeNumber(reached: Reached): Promise<string | null> {
  if (!isActiveDirectory(reached)) return null;
  const { entries } = await readEntries(reached.connection, {
    baseDn: '',
    scope: 'base',
    filter: encodeFilter(present('objectClass')),
    attributes: ['highestCommittedUSN'],
    allowance: allowances.entry,
  });
  return entries[0] === undefined ? null : (textsOf(entries[0], 'highestCommittedUSN')[0] ?? null);
}
