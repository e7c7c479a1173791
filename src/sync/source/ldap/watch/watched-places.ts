import type { Control } from 'ldapts';
import type { Scope } from '../../../../core/connection.ts';
import { canonicalDn, isWithinDn } from '../dn.ts';
import { type LdapFilter, present } from '../filter/filter.ts';
import { parseFilter } from '../filter/parse-filter.ts';
import { namesClass } from '../filter/scope-filter.ts';
import { flavours } from '../flavour.ts';
import { isGroup } from '../group/find-group.ts';
import type { Reached } from '../reach.ts';

/** A part of the directory to be watched: the entries below `baseDn` that meet the filter. */
export type Place = { baseDn: string; filter: LdapFilter; controls?: readonly Control[] };

/**
 * The places to watch for a scope. The filter is wider than the scope's, because it is also a change when a person no
 * longer meets the scope. If the scope names groups, all groups of the naming contexts are watched: a membership is a
 * value of the group, and the group may be elsewhere, or inside another group. `wide`: people are also watched outside
 * the bases, for searches that don't report an entry that moves out of its base.
 */
export function watchedPlaces({ settings, server }: Reached, scope: Scope, { wide = false } = {}): Place[] {
  const bases = distinct(settings.baseDns);
  const contexts = contextsOf([...bases, ...groupsOf(scope)], server.namingContexts, bases);
  const people = peopleFilter(scope, flavours[server.flavour].people);
  return [
    ...(wide ? contexts : bases).map((baseDn) => ({ baseDn, filter: people })),
    ...(groupsOf(scope).length === 0 ? [] : contexts.map((baseDn) => ({ baseDn, filter: isGroup }))),
  ];
}

/** The naming contexts in which people are read. */
export function contextsOfPeople({ settings, server }: Reached): string[] {
  const bases = distinct(settings.baseDns);
  return contextsOf(bases, server.namingContexts, bases);
}

function groupsOf({ groups, excludeGroups }: Scope): string[] {
  return [...groups, ...excludeGroups];
}

/** The filter for people. If the scope's own filter names classes, it may find entries that are not people. */
function peopleFilter({ filter }: Scope, people: LdapFilter): LdapFilter {
  if (filter === null || filter.trim() === '') return people;
  const own = parseFilter(filter);
  return own.kind === 'ok' && namesClass(own.filter) ? present('objectClass') : people;
}

/** The naming contexts that contain one of these DNs. `otherwise` when the server names none. */
function contextsOf(dns: readonly string[], namingContexts: readonly string[], otherwise: string[]): string[] {
  const wanted = dns.map(canonicalDn);
  const holding = namingContexts.filter((context) => wanted.some((dn) => isWithinDn(dn, canonicalDn(context))));
  const uncovered = otherwise.filter(
    (base) => !holding.some((context) => isWithinDn(canonicalDn(base), canonicalDn(context))),
  );
  return distinct([...holding, ...uncovered]);
}

function distinct(dns: readonly string[]): string[] {
  return [...new Map(dns.map((dn) => [canonicalDn(dn), dn])).values()];
}
