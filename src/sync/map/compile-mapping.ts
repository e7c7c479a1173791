import type { FieldMapping } from '../../core/connection.ts';
import { type ContactField, derivedFill, type Fills, putTogetherName } from '../../core/contact.ts';
import type { AttributeNames, Entry } from '../../core/entry.ts';
import type { Finding } from '../../core/quality.ts';
import { regionCodes } from '../../core/region-codes.ts';
import { AttributeIndex } from './attribute-index.ts';
import { compileStep, type Step } from './compile-step.ts';
import { FillPatterns } from './fill-patterns.ts';
import { type Alternatives, find, type MappingOutcome, type PersonInWork } from './person-in-work.ts';
import { TemplateBudget } from './template/template-budget.ts';

/** A mapping compiled for a run. It consists of closures, so that nothing is looked up by name for each person. */
export type CompiledMapping = {
  /** Names of the attributes that the mapping and its templates need, each once. */
  attributes: readonly string[];
  /** Pure. `entry.attributes[i]` holds the values of `attributes[i]`. The same pattern of winners gives the same `fills` object. */
  map(entry: Pick<Entry, 'name' | 'attributes'>): MappingOutcome;
};

/**
 * Compiles mappings that passed `checkMappings`; for others it can throw the template engine's error. `keyOf` gives two
 * attribute names the same key when the source means the same attribute.
 * Single fields take the first value as sent; `alternatives` holds all of them. EMAIL and PHONE keep the order sent.
 * COUNTRY is mapped first, because phone numbers are read as numbers of the person's country.
 */
export function compileMapping(
  mappings: readonly FieldMapping[],
  { keyOf }: Pick<AttributeNames, 'keyOf'>,
): CompiledMapping {
  const index = new AttributeIndex(keyOf);
  const steps = mappings.map((mapping) => compileStep(mapping, index));
  const ordered = [
    ...steps.filter((step) => step.key === 'COUNTRY'),
    ...steps.filter((step) => step.key !== 'COUNTRY'),
  ];
  const patterns = new FillPatterns((winners) => makeFills(ordered, winners));
  const budget = new TemplateBudget();
  return {
    attributes: index.names,
    map: ({ attributes }) => {
      budget.restart();
      return mapPerson(ordered, patterns, startPerson(attributes, budget));
    },
  };
}

const noRemarks: readonly string[] = Object.freeze([]);
const noFindings: readonly Finding[] = Object.freeze([]);

/**
 * Fields that everybody should have, if the mapping fills them from the source. Other fields may be empty for many
 * people; `usual-fields.ts` tells those that are not.
 */
export const expected: ReadonlySet<string> = new Set<ContactField>([
  'PRIMARY_EMAIL',
  'DISPLAY_NAME',
  'GIVEN_NAME',
  'FAMILY_NAME',
]);

function startPerson(attributes: Entry['attributes'], budget: TemplateBudget): PersonInWork {
  return {
    attributes,
    budget,
    values: {},
    country: null,
    alternatives: undefined,
    remarks: undefined,
    findings: noFindings,
    problem: undefined,
    winner: 0,
  };
}

function mapPerson(steps: readonly Step[], patterns: FillPatterns, person: PersonInWork): MappingOutcome {
  const winners: number[] = [];
  for (const step of steps) {
    const winner = step.fill(person);
    winners.push(winner);
    if (person.problem !== undefined) return { kind: 'problem', ...person.problem, findings: person.findings };
    if (winner === 0 && expected.has(step.key)) noteMissing(person, step);
    if (step.key === 'COUNTRY') person.country = countryOf(person);
  }
  const named = person.values.DISPLAY_NAME !== undefined;
  if (!named && !fillMissingName(person)) {
    const message = 'There is nothing to show as a name: no name and no email.';
    find(person, 'MISSING_VALUE', 'DISPLAY_NAME', message);
    return { kind: 'problem', code: 'NO_NAME', message, findings: person.findings };
  }
  winners.push(named ? 0 : 1);
  const draft = { values: person.values, fills: patterns.find(winners) };
  const { alternatives, remarks = noRemarks, findings } = person;
  return alternatives === undefined
    ? { kind: 'draft', draft, remarks, findings }
    : { kind: 'draft', draft, remarks, findings, alternatives };
}

function noteMissing(person: PersonInWork, { key, origins }: Step): void {
  const from = origins.filter((origin) => origin !== '{}');
  find(
    person,
    'MISSING_VALUE',
    key as ContactField,
    from.length === 0 ? 'The template gives no value.' : `There is no value: ${from.join(', ')}.`,
  );
}

/** The person's country, if it is a code. Of several the alphabetically first, because values have no order. */
function countryOf(person: PersonInWork): string | null {
  const country = person.alternatives?.COUNTRY?.toSorted()[0] ?? person.values.COUNTRY;
  if (country === undefined) return null;
  const code = country.toUpperCase();
  return regionCodes.has(code) ? code : null;
}

/** `winners` has one number for each step, and a last one: 1 when the name was put together from other fields. */
function makeFills(steps: readonly Step[], winners: readonly number[]): Fills {
  const fills: Fills = {};
  for (const [i, step] of steps.entries()) {
    const origin = step.origins[(winners[i] ?? 0) - 1];
    if (origin !== undefined) fills[step.key] = origin;
  }
  if (winners[steps.length] === 1) fills.DISPLAY_NAME = derivedFill;
  return fills;
}

/** Makes a display name of the other fields of a draft that has none. False: they give no name. */
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

/** All names that can be made, because the fields used may have several values. */
function namesOf(person: PersonInWork): readonly string[] {
  const { GIVEN_NAME, FAMILY_NAME } = person.values;
  if (GIVEN_NAME === undefined && FAMILY_NAME === undefined) return candidatesOf(person, 'PRIMARY_EMAIL');
  const families = candidatesOf(person, 'FAMILY_NAME');
  return candidatesOf(person, 'GIVEN_NAME').flatMap((given) => families.map((family) => `${given} ${family}`.trim()));
}

function candidatesOf(person: PersonInWork, field: keyof Alternatives): readonly string[] {
  return person.alternatives?.[field] ?? [person.values[field] ?? ''];
}
