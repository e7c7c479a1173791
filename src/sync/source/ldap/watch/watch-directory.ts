import { AppError } from '../../../../core/app-error.ts';
import type { Secrets } from '../../../../core/connection.ts';
import type { WatchOptions } from '../../../../core/source-watch.ts';
import { type LdapSettings, moreRights, signedInAs } from '../ldap-settings.ts';
import { checkBase, type Reached, reach } from '../reach.ts';
import { askForChanges } from './ask-for-changes.ts';
import { keepSearchesOpen } from './keep-searches-open.ts';
import type { Refused, Watching, WatchTimes } from './watching.ts';

const usualTimes: WatchTimes = {
  checkEveryMs: 30_000,
  askEveryMs: 1000,
  sweepEveryMs: 60_000,
  restFactor: 20,
  settleMs: 1000,
};

/**
 * Watches a directory over one connection, by the best way that the server offers: the server reports changes
 * (persistent search, or RFC 4533), or is polled for them. If the server refuses a way, the next one is tried. It runs
 * in the main thread, so it neither keeps nor decodes a change. Never resolves. Throws an AppError when the watch
 * breaks, or the signal's reason.
 */
export async function watchDirectory(
  settings: LdapSettings,
  secrets: Secrets,
  options: WatchOptions,
  times: Partial<WatchTimes> = {},
): Promise<never> {
  const reached = await reach(settings, secrets, options, () => {});
  const { connection } = reached;
  const release = connection.obey(options.signal);
  try {
    for (const baseDn of settings.baseDns) await checkBase(reached, baseDn);
    const watching: Watching = { reached, options, times: { ...usualTimes, ...times } };
    for (const way of waysOf(reached)) await way(watching);
    throw noWay(reached);
  } catch (error) {
    options.signal.throwIfAborted();
    throw error;
  } finally {
    release();
    await connection.close();
  }
}

type Way = (watching: Watching) => Promise<Refused>;

/**
 * The ways to watch this server, the best first. A persistent search begins at once, while RFC 4533 may first send
 * everybody. Active Directory would report changes only without a filter. So it is polled for the number of its last
 * change, which is cheap.
 */
function waysOf({ server }: Reached): Way[] {
  const ways: Way[] = [];
  if (server.supports.has('persistentSearch')) ways.push((watching) => keepSearchesOpen(watching, 'persistentSearch'));
  if (server.supports.has('contentSync')) ways.push((watching) => keepSearchesOpen(watching, 'contentSync'));
  return [...ways, askForChanges];
}

function noWay({ connection, settings }: Reached): AppError {
  return new AppError(
    'WATCH_NOT_POSSIBLE',
    `${connection.url.url} tells nobody of changes, and its entries do not show when they were changed.`,
    {
      hint: `Turn continuous off, and give the connection a schedule. ${moreRights(signedInAs(settings), 'Or let the bind account read modifyTimestamp.')}`,
    },
  );
}
