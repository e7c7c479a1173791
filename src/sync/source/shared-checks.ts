import type { ScopeRule } from '../../core/connection.ts';
import type { Fault, ValueFault } from '../../core/user-error.ts';

const mostRules = 100;
/** The most values of all rules together. */
const mostValues = 1000;

/** The faults of a scope's rules. `nameFault` checks the name of an attribute that is not empty. */
export function checkRules(rules: readonly ScopeRule[], nameFault: (name: string) => ValueFault | null): Fault[] {
  const values = rules.flatMap((rule) => rule.values);
  const faults = tooMany(['rules'], rules, mostRules);
  if (values.length > mostValues)
    faults.push({
      path: ['rules'],
      code: 'TOO_MANY',
      message: `All rules together have at most ${mostValues} values.`,
    });
  return faults.length > 0 ? faults : rules.flatMap((rule, i) => ruleFaults(rule, ['rules', String(i)], nameFault));
}

function ruleFaults(rule: ScopeRule, path: string[], nameFault: (name: string) => ValueFault | null): Fault[] {
  const { attribute } = rule;
  const faults = tooLong([...path, 'attribute'], attribute);
  const fault: ValueFault | null =
    attribute === '' ? { code: 'INVALID_ATTRIBUTE', message: 'The attribute is missing.' } : nameFault(attribute);
  if (faults.length === 0 && fault !== null) faults.push({ path: [...path, 'attribute'], ...fault });
  return [...faults, ...valueFaults(rule, [...path, 'values'])];
}

function valueFaults({ operator, values }: ScopeRule, path: string[]): Fault[] {
  if (operator === 'EXISTS' || operator === 'NOT_EXISTS') {
    return values.length === 0 ? [] : [{ path, code: 'UNWANTED', message: `${operator} takes no values.` }];
  }
  if (values.length === 0) return [{ path, code: 'REQUIRED', message: `${operator} needs a value.` }];
  if (values.length > 1 && operator !== 'IN' && operator !== 'NOT_IN') {
    return [
      {
        path,
        code: 'UNWANTED',
        message: `${operator} takes one value; for several use ${operator === 'NOT_EQUALS' ? 'NOT_IN' : 'IN'}, or a rule for each.`,
      },
    ];
  }
  return values.flatMap((value, i) =>
    value === ''
      ? [{ path: [...path, String(i)], code: 'REQUIRED', message: 'A value is empty.' }]
      : tooLong([...path, String(i)], value),
  );
}

/** Longer than any real DN, name or URL. */
const LONGEST_TEXT = 2000;

/** One fault for a list with more than `most` items. The items of such a list are not checked. */
export function tooMany(path: readonly string[], list: readonly unknown[], most: number): Fault[] {
  return list.length <= most ? [] : [{ path, code: 'TOO_MANY', message: `At most ${most} are possible.` }];
}

/** A fault for a text that is longer than any real one. */
export function tooLong(path: readonly string[], text: string | null, most: number = LONGEST_TEXT): Fault[] {
  return text === null || text.length <= most
    ? []
    : [{ path, code: 'TOO_LONG', message: `At most ${most} characters.` }];
}
