import { canonicalDn } from '../dn.ts';
import { checkThere, type Reached } from '../reach.ts';
import { vanished } from './find-group.ts';
import { listGroups } from './listed-groups.ts';
import type { Group } from './take-group.ts';

/** So many groups are looked at one by one. For more, all groups of the server are listed. */
const fewGroups = 200;

/** Throws AppError GROUP_NOT_FOUND, with its name, when a group is not where it was when its members were read. */
export async function confirmGroups(reached: Reached, groups: readonly Group[]): Promise<void> {
  const listed = groups.length > fewGroups ? await listGroups(reached) : null;
  const missing = groups.filter(({ dn }) => !listed?.dns.has(canonicalDn(dn)));
  for (const { dn } of missing) await checkThere(reached, dn, vanished(dn));
}
