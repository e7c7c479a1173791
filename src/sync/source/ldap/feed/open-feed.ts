import type { IdFinding } from '../id-attribute.ts';
import { isActiveDirectory, type Reached } from '../reach.ts';
import type { ScopePlan } from '../scope-plan.ts';
import type { ChangeFeed, NoFeed } from './change-feed.ts';
import { changeLogFeed } from './change-log-feed.ts';
import { contentSyncFeed } from './content-sync-feed.ts';
import { usnFeed } from './usn-feed.ts';

/** Opens the feed of a server, before a read. `because` says why there is none. */
export async function openFeed(
  reached: Reached,
  { filter }: Pick<ScopePlan, 'filter'>,
  id: IdFinding,
): Promise<ChangeFeed | NoFeed> {
  const { flavour, supports, changeLogDn } = reached.server;
  const isAd = isActiveDirectory(reached);
  const log = flavour === 'DS389' || flavour === 'FREEIPA' ? changeLogDn : null;
  if (!isAd && log === null && !(flavour === 'OPENLDAP' && supports.has('contentSync'))) return { because: null };
  if (id.sampled === 0) return { because: 'nobody in scope can be seen' };
  if (log !== null) return changeLogFeed(reached, log, id.attribute);
  return isAd ? usnFeed(reached, filter, id.attribute) : contentSyncFeed(reached, id.attribute);
}
