import { putTogetherName } from '../../core/display-name.ts';
import type { Alternatives } from './mapping-outcome.ts';
import type { PersonInWork } from './person-in-work.ts';

/** Gives a draft without a display name the one that its other values come to. False: there is none. */
export function fillMissingName(person: PersonInWork): boolean {
  const name = putTogetherName(person.values);
  if (name === undefined) return false;
  person.values.DISPLAY_NAME = name;
  const candidates = namesOf(person);
  if (candidates.length > 1) {
    person.alternatives ??= {};
    person.alternatives.DISPLAY_NAME = [...new Set(candidates)];
  }
  return true;
}

/** What it may come to, as the fields that it is put together from may have had several values. */
function namesOf(person: PersonInWork): readonly string[] {
  const { GIVEN_NAME, FAMILY_NAME } = person.values;
  if (GIVEN_NAME === undefined && FAMILY_NAME === undefined) return candidatesOf(person, 'PRIMARY_EMAIL');
  const families = candidatesOf(person, 'FAMILY_NAME');
  return candidatesOf(person, 'GIVEN_NAME').flatMap((given) => families.map((family) => `${given} ${family}`.trim()));
}

const candidatesOf = (person: PersonInWork, field: keyof Alternatives): readonly string[] =>
  person.alternatives?.[field] ?? [person.values[field] ?? ''];
