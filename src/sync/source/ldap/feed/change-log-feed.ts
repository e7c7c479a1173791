import { slices } from '../../../../core/fair-turns.ts';
import { canonicalDn, isWithinDn } from '../dn.ts';
import { encodeFilter, equal, or } from '../filter/filter.ts';
import { contextOf, type Reached } from '../reach.ts';
import { type RawEntry, readEntries, textsOf } from '../read-entries.ts';
import { resultError } from '../result-error.ts';
import { type ChangeFeed, type FeedAnswer, mostTouched, type NoFeed } from './change-feed.ts';
import { type LoggedChange, type LogPlace, logPlaceShape, readFirst, readLog, readLogPlace } from './change-log.ts';
import { contextsAround, unknownContexts } from './contexts-around.ts';

/**
 * The feed of 389 Directory Server: its retro change log. The log has an entry for each change, with the next number.
 * Only accounts that may read the log and its settings have this feed, because by its settings the log can leave out a
 * part of the directory. In FreeIPA it does so. The log has no entries about a database that was imported, or got anew
 * from another server, while the server was running, and nothing else shows it. So everybody is compared every hour.
 */
export async function changeLogFeed(reached: Reached, log: string, idAttribute: string): Promise<ChangeFeed | NoFeed> {
  const contexts = contextsAround(reached);
  if (contexts === null) return { because: unknownContexts };
  const settings = await readFirst(reached, { baseDn: plugin, attributes: settingNames });
  const because = whyUnfit(settings, contexts);
  if (because !== null) return { because };
  const place = await readLogPlace(reached, log);
  if ('because' in place) return place;
  if (idAttribute.toLowerCase() !== 'nsuniqueid')
    return {
      because: `the change log names entries by nsUniqueId, and people are identified by ${idAttribute}`,
      advice: 'Before the first run, set idAttribute to nsUniqueId: then runs ask only for people who were touched.',
    };
  return {
    way: 'The server told which entries have been touched since the last run (its change log).',
    place,
    trustedMs: hourMs,
    since: (last) => touchedSince(reached, { log, contexts, now: place, last: logPlaceShape.safeParse(last).data }),
  };
}

const hourMs = 3_600_000;

/** The settings of the change log. */
const plugin = 'cn=Retro Changelog Plugin,cn=plugins,cn=config';
const settingNames = [
  ...['nsslapd-pluginEnabled', 'nsslapd-attribute', 'nsslapd-include-suffix'],
  ...['nsslapd-exclude-suffix', 'nsslapd-exclude-attrs'],
];

/** Why a log with these settings does not tell all changes in these contexts; null: it does. */
function whyUnfit(settings: RawEntry | null, contexts: readonly string[]): string | null {
  const texts = (name: string): string[] => (settings === null ? [] : textsOf(settings, name));
  if (texts('nsslapd-pluginEnabled')[0]?.toLowerCase() !== 'on')
    return `the bind account may not read the settings of the change log ("${plugin}")`;
  if (!texts('nsslapd-attribute').some((text) => /^\s*nsuniqueid\s*:\s*targetuniqueid\s*$/i.test(text)))
    return 'the change log does not name ids (nsslapd-attribute: nsuniqueid:targetUniqueId)';
  const included = texts('nsslapd-include-suffix').map(canonicalDn);
  const excluded = texts('nsslapd-exclude-suffix').map(canonicalDn);
  const isWhole = contexts.map(canonicalDn).every((context) => {
    const isIncluded = included.length === 0 || included.some((suffix) => isWithinDn(context, suffix));
    return isIncluded && !excluded.some((suffix) => isWithinDn(context, suffix) || isWithinDn(suffix, context));
  });
  return isWhole && texts('nsslapd-exclude-attrs').length === 0
    ? null
    : 'the settings of the change log leave out a part of the directory';
}

type LogSearch = { log: string; contexts: readonly string[]; now: LogPlace; last: LogPlace | undefined };

async function touchedSince(reached: Reached, { log, contexts, now, last }: LogSearch): Promise<FeedAnswer> {
  const silent = (because: string) => ({ kind: 'silent', because }) as const;
  const anew = { kind: 'anew', because: 'The change log is not that of the last run: it began anew.' } as const;
  if (last === undefined) return silent('the last run has not noted where the server stood');
  if (now.number < last.number) return anew;
  if (now.started !== last.started) return silent('the server was started since the last run');
  if (now.number - last.number > mostTouched) return silent('too many changes are in the change log');
  // The entry of the last run's place is read, too. It shows whether this is the same log.
  const [before, ...changes] = (await readLog(reached, log, last.number, now.number)) ?? [];
  if (before === undefined)
    return silent('the change log does not have all changes since the last run, or not their ids');
  if (before.entry !== last.entry) return anew;
  const because = await whyOthersChanged(reached, contexts, changes);
  if (because !== null) return silent(because);
  // The log does not tell where an entry is now, so all entries are requested by their ids.
  const touched = { there: new Map(), gone: new Set(changes.map(({ id }) => id)), others: null };
  return { kind: 'touched', touched };
}

/** How many entries one request asks for. */
const askedAtOnce = 100;
const kinds = ['add', 'delete', 'modify', 'modrdn', 'moddn'];

/**
 * Why entries that are not in the log can have changed; null: they have not. When a unit is renamed or moved, all entries
 * below it get other DNs. When its rights are changed, they can become hidden.
 */
async function whyOthersChanged(
  reached: Reached,
  contexts: readonly string[],
  changes: readonly LoggedChange[],
): Promise<string | null> {
  if (changes.some(({ type }) => !kinds.includes(type))) return 'the change log has changes of an unknown kind';
  const deleted = new Set(changes.flatMap(({ id, type }) => (type === 'delete' ? id : [])));
  const there = changes.filter(({ id, type }) => type !== 'add' && !deleted.has(id));
  const leaves = new Set<string>();
  for (const ids of slices(new Set(there.map(({ id }) => id)), askedAtOnce)) {
    const filter = encodeFilter(or(ids.map((id) => equal('nsUniqueId', id))));
    for (const baseDn of contexts) {
      const search = { baseDn, scope: 'sub', filter, attributes: ['nsUniqueId', 'hasSubordinates'] } as const;
      const { entries, result } = await readEntries(reached.connection, search);
      if (result.code !== 0) throw resultError(result, contextOf(reached, baseDn));
      const unit = entries.find((entry) => textsOf(entry, 'hasSubordinates')[0]?.toUpperCase() !== 'FALSE');
      if (unit !== undefined) return `"${unit.dn}" has been changed, and entries below it may have been, too`;
      for (const entry of entries) for (const id of textsOf(entry, 'nsUniqueId')) leaves.add(id);
    }
  }
  const bases = reached.settings.baseDns.map(canonicalDn);
  const isNear = (dn: string) => bases.some((base) => isWithinDn(dn, base) || isWithinDn(base, dn));
  // Nobody knows whether a hidden entry has others below it. Far from the bases this only matters if it has moved.
  const isHidden = ({ id, type, dn }: LoggedChange) =>
    !leaves.has(id) && (type !== 'modify' || isNear(canonicalDn(dn)));
  return there.some(isHidden) ? 'an entry has been changed that the bind account can not see' : null;
}
