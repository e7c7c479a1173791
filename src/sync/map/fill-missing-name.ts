import type { Alternatives } from './mapping-outcome.ts';
import type { PersonInWork } from './person-in-work.ts';

/**
 * Gives a draft without a display name the next best: given and family name, else the primary email, else the first
 * labeled one (alphabetically, since the values of an attribute have no order). False: there is none of them, nothing
 * to show as a name. A company is no name of a person.
 */
export function fillMissingName(person: PersonInWork): boolean {
  const { values } = person;
  const candidates = fullNames(person) ?? emails(person);
  const [first] = candidates;
  if (first === undefined) return false;
  values.DISPLAY_NAME = first;
  if (candidates.length > 1) {
    person.alternatives ??= {};
    person.alternatives.DISPLAY_NAME = [...new Set(candidates)];
  }
  return true;
}

const candidatesOf = (person: PersonInWork, field: keyof Alternatives): readonly string[] =>
  person.alternatives?.[field] ?? [person.values[field] ?? ''];

function fullNames(person: PersonInWork): string[] | undefined {
  if (person.values.GIVEN_NAME === undefined && person.values.FAMILY_NAME === undefined) return undefined;
  const families = candidatesOf(person, 'FAMILY_NAME');
  return candidatesOf(person, 'GIVEN_NAME').flatMap((given) => families.map((family) => `${given} ${family}`.trim()));
}

function emails(person: PersonInWork): readonly string[] {
  if (person.values.PRIMARY_EMAIL !== undefined) return candidatesOf(person, 'PRIMARY_EMAIL');
  return (person.values.EMAIL ?? [])
    .map(({ value }) => value)
    .sort()
    .slice(0, 1);
}
