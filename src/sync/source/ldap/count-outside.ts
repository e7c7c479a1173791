import type { Scope } from '../../../core/connection.ts';
import type { ExclusionReason } from '../../../core/run.ts';
import { mostNamed, type Outside } from '../../../core/source-session.ts';
import { canonicalDn } from './dn.ts';
import { and, type LdapFilter, not, or } from './filter/filter.ts';
import { ruleFilter } from './filter/scope-filter.ts';
import { flavours } from './flavour.ts';
import { TextSet } from './group/text-set.ts';
import type { Reached } from './reach.ts';
import { decodeRawEntry } from './read-entries.ts';
import { ReferralsMet } from './referrals.ts';
import { planScope } from './scope-plan.ts';
import { searchScope } from './search-scope.ts';

/** Counts the people below the base DNs whom the filter of a scope does not let in (see SourceSession). */
export async function countOutside(reached: Reached, scope: Scope, signal: AbortSignal): Promise<Outside[]> {
  const release = reached.connection.obey(signal);
  try {
    const { own, byServer } = (await planScope(reached, scope)).parts;
    const { people } = flavours[reached.server.flavour];
    const rules = scope.rules.map(ruleFilter);
    const wanted = [
      ...(rules.length === 0 ? [] : [(scope.match === 'ALL' ? and : or)(rules)]),
      ...(own === null ? [] : [own]),
    ];
    const outside: Outside[] = [];
    const add = async (reason: ExclusionReason, filters: LdapFilter[]): Promise<void> => {
      const found = await count(reached, and([people, ...filters]), signal);
      if (found.count > 0) outside.push({ reason, ...found });
    };
    if (byServer !== null) await add('NOT_IN_GROUP', [not(byServer)]);
    if (wanted.length > 0) await add('NOT_BY_RULES', [...(byServer === null ? [] : [byServer]), not(and(wanted))]);
    return outside;
  } finally {
    release();
  }
}

/** Counts the people who meet a filter, each once, and names some of them. */
async function count(reached: Reached, filter: LdapFilter, signal: AbortSignal): Promise<Omit<Outside, 'reason'>> {
  const seen = new TextSet();
  const names: string[] = [];
  let news = 0;
  const entry = (bytes: Buffer, at: number, end: number): void => {
    const { dn } = decodeRawEntry(bytes, at, end);
    if (!seen.add(canonicalDn(dn))) return;
    news++;
    if (names.length < mostNamed) names.push(dn);
  };
  const onPage = (): number => {
    const brought = news;
    news = 0;
    return brought;
  };
  const search = { reached, filter, signal, referrals: new ReferralsMet(), progress: { pages: 0 } };
  await searchScope(search, { attributes: ['1.1'], entry, onPage });
  return { count: seen.size, names };
}
