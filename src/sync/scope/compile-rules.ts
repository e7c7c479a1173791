import type { Scope, ScopeRule } from '../../core/connection.ts';
import type { AttributeNames, AttributeValue, Entry } from '../../core/entry.ts';

/** The compiled rules of a scope, for sources that can't apply rules themselves. */
export type CompiledRules = {
  /** Names of the attributes to ask for: first `asked`, then those that only the rules need. */
  attributes: readonly string[];
  /** Whether the rules let in a person with these attributes. */
  meets(entry: Pick<Entry, 'attributes'>): boolean;
};

/** Compiles rules. `asked` are the attributes of the mapping; an entry has their values first. */
export function compileRules(
  { rules, match }: Pick<Scope, 'rules' | 'match'>,
  asked: readonly string[],
  { keyOf }: Pick<AttributeNames, 'keyOf'>,
): CompiledRules {
  const attributes = [...asked];
  const places = new Map(attributes.map((name, place) => [keyOf(name), place]));
  const placeOf = (name: string): number => {
    const place = places.get(keyOf(name)) ?? attributes.push(name) - 1;
    places.set(keyOf(name), place);
    return place;
  };
  const tests = rules.map((rule) => {
    const [place, test] = [placeOf(rule.attribute), compileRule(rule)];
    return (entry: Pick<Entry, 'attributes'>): boolean => test(textsOf(entry.attributes[place]));
  });
  const meets: CompiledRules['meets'] =
    tests.length === 0
      ? () => true
      : match === 'ALL'
        ? (entry) => tests.every((test) => test(entry))
        : (entry) => tests.some((test) => test(entry));
  return { attributes, meets };
}

/** Decides about a person's values, which `comparable` has prepared. */
type RuleTest = (values: readonly string[]) => boolean;
type Compare = (value: string, wanted: string) => boolean;

const isEqual: Compare = (value, wanted) => value === wanted;

/** As LDAP servers decide: one of several wanted values must fit, and people without the attribute meet negative rules. */
const operators: Record<ScopeRule['operator'], (wanted: readonly string[]) => RuleTest> = {
  EQUALS: oneFits(isEqual),
  IN: oneFits(isEqual),
  NOT_EQUALS: noneFits,
  NOT_IN: noneFits,
  STARTS_WITH: oneFits((value, wanted) => value.startsWith(wanted)),
  ENDS_WITH: oneFits((value, wanted) => value.endsWith(wanted)),
  CONTAINS: oneFits((value, wanted) => value.includes(wanted)),
  EXISTS: () => (values) => values.length > 0,
  NOT_EXISTS: () => (values) => values.length === 0,
};

function oneFits(compare: Compare): (wanted: readonly string[]) => RuleTest {
  return (wanted) => (values) => values.some((value) => wanted.some((one) => compare(value, one)));
}

function noneFits(wanted: readonly string[]): RuleTest {
  const fits = oneFits(isEqual)(wanted);
  return (values) => !fits(values);
}

function compileRule({ operator, values }: ScopeRule): RuleTest {
  return operators[operator](values.map(comparable));
}

function textsOf(value: AttributeValue): readonly string[] {
  return value === undefined ? [] : typeof value === 'string' ? [comparable(value)] : value.map(comparable);
}

/** Ignores case and repeated spaces, as LDAP servers do (RFC 4518). */
function comparable(text: string): string {
  return text.normalize('NFKC').toLowerCase().replace(/\s+/g, ' ').trim();
}
