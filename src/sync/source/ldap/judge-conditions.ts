import type { Scope, ScopeRule } from '../../../core/connection.ts';
import { listed, quoteValue } from '../../../core/outside-text.ts';
import { soundsSecret } from '../../../core/secret-names.ts';
import type { ScopeCondition } from '../../../core/source-session.ts';
import { isForbidden } from './attribute-name.ts';
import { canonicalDn, isWithinDn } from './dn.ts';
import { encodeFilter, type LdapFilter } from './filter/filter.ts';
import { namesClass, ruleFilter } from './filter/scope-filter.ts';
import { flavours } from './flavour.ts';
import { wayOfMember } from './group/way-of-member.ts';
import type { LdapPerson } from './person-decoder.ts';
import { contextOf, type Reached } from './reach.ts';
import { readEntries, textsOf } from './read-entries.ts';
import { resultError } from './result-error.ts';
import type { ScopePlan } from './scope-plan.ts';

/** How many values of an attribute a sentence shows. */
const shownValues = 5;

/** Asks the server about each condition of a scope, for one person. Throws AppError when it can't be asked. */
export async function judgeConditions(
  reached: Reached,
  scope: Scope,
  { parts }: ScopePlan,
  { name, inGroups, excluded }: LdapPerson,
): Promise<ScopeCondition[]> {
  const meets = (filter: LdapFilter): Promise<boolean> => meetsFilter(reached, name, filter);
  const conditions = [placeOf(reached, name)];
  if (parts.own === null || !namesClass(parts.own)) {
    const isPerson = await meets(flavours[reached.server.flavour].people);
    conditions.push({
      step: 'Person',
      passed: isPerson,
      detail: isPerson ? 'The entry is a person.' : 'The entry has none of the object classes of people.',
    });
  }
  if (parts.include !== null) {
    const passed = parts.byServer === null ? inGroups : await meets(parts.byServer);
    const named = listed(scope.groups);
    const way = passed ? await wayOfMember(reached, parts.include, name) : null;
    const detail = passed
      ? `In a group of the scope${way === null ? '.' : `: ${way}`}`
      : `In none of the groups ${named}.`;
    conditions.push({ step: 'Groups', passed, detail });
  }
  if (parts.exclude !== null) {
    const isOut = excluded === 'IN_EXCLUDED_GROUP';
    const way = isOut ? await wayOfMember(reached, parts.exclude, name) : null;
    const detail = isOut ? `In an excluded group${way === null ? '.' : `: ${way}`}` : 'In none of the excluded groups.';
    conditions.push({ step: 'Excluded groups', passed: !isOut, detail });
  }
  if (scope.excludeBaseDns.length > 0) conditions.push(excludedPlace(scope, name));
  conditions.push(...(await judgeRules(reached, scope, name)));
  if (parts.own !== null) {
    const passed = await meets(parts.own);
    const detail = `The person ${passed ? 'meets' : 'does not meet'} the filter ${scope.filter?.trim() ?? ''}`;
    conditions.push({ step: 'Filter', passed, detail });
  }
  return conditions;
}

function placeOf({ settings }: Reached, dn: string): ScopeCondition {
  const canonical = canonicalDn(dn);
  const base = settings.baseDns.find((one) => isWithinDn(canonical, canonicalDn(one)));
  return base === undefined
    ? { step: 'Base DN', passed: false, detail: `Below none of the base DNs ${listed(settings.baseDns)}.` }
    : { step: 'Base DN', passed: true, detail: `Below "${base}".` };
}

function excludedPlace({ excludeBaseDns }: Scope, dn: string): ScopeCondition {
  const canonical = canonicalDn(dn);
  const place = excludeBaseDns.find((one) => isWithinDn(canonical, canonicalDn(one)));
  const detail = place === undefined ? 'Below none of the excluded DNs.' : `Below the excluded DN "${place}".`;
  return { step: 'Excluded DNs', passed: place === undefined, detail };
}

/** A step for each rule. If one rule is enough, a step before them says whether one is met. */
async function judgeRules(reached: Reached, { rules, match }: Scope, dn: string): Promise<ScopeCondition[]> {
  const judged: ScopeCondition[] = [];
  for (const rule of rules) {
    const passed = await meetsFilter(reached, dn, ruleFilter(rule));
    judged.push({
      step: 'Rule',
      passed,
      detail: `${ruleText(rule)}: ${await valuesText(reached, dn, rule.attribute)}`,
    });
  }
  if (match === 'ALL' || rules.length < 2) return judged;
  const met = judged.filter(({ passed }) => passed).length;
  const detail = `One of the ${rules.length} rules is enough; the person meets ${met}.`;
  return [{ step: 'Rules', passed: met > 0, detail }, ...judged];
}

function ruleText({ attribute, operator, values }: ScopeRule): string {
  return [attribute, operator, ...values.slice(0, shownValues).map(quoteValue)].join(' ');
}

async function valuesText(reached: Reached, dn: string, attribute: string): Promise<string> {
  if (isForbidden(attribute) || soundsSecret(attribute)) return 'its values are not shown.';
  const { entries } = await readEntries(reached.connection, { ...entryAt(dn), attributes: [attribute] }, 1);
  const values = entries[0] === undefined ? [] : textsOf(entries[0], attribute);
  if (values.length === 0) return `the person has no ${attribute} that the account may see.`;
  const more = values.length > shownValues ? ` and ${values.length - shownValues} more` : '';
  return `the person has ${values.slice(0, shownValues).map(quoteValue).join(', ')}${more}.`;
}

function entryAt(dn: string) {
  return { baseDn: dn, scope: 'base', filter: encodeFilter({ kind: 'present', attribute: 'objectClass' }) } as const;
}

async function meetsFilter(reached: Reached, dn: string, filter: LdapFilter): Promise<boolean> {
  const search = { baseDn: dn, scope: 'base', filter: encodeFilter(filter), attributes: ['1.1'] } as const;
  const { entries, result } = await readEntries(reached.connection, search, 1);
  if (result.code !== 0) throw resultError(result, contextOf(reached, dn));
  return entries.length > 0;
}
