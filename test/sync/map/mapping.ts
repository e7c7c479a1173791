import type { FieldMapping } from '../../../src/core/connection.ts';
import { type CompiledMapping, compileMapping } from '../../../src/sync/map/compile-mapping.ts';
import type { MappedPerson, MappingOutcome } from '../../../src/sync/map/mapping-outcome.ts';

/** A mapping of one field; what is left out has the defaults of the API. */
export const mapping = (field: FieldMapping['field'], rest: Partial<FieldMapping> = {}): FieldMapping => ({
  field,
  label: null,
  attributes: [],
  template: null,
  value: null,
  transforms: [],
  policy: 'ALWAYS',
  whenEmpty: 'CLEAR',
  ...rest,
});

export type Person = Record<string, string | string[]>;

/** Maps a person told by attribute names (compared without case, as the reader does). */
export function mapWith(compiled: CompiledMapping, person: Person): MappingOutcome {
  const sent = new Map(Object.entries(person).map(([name, value]) => [name.toLowerCase(), value]));
  const attributes = compiled.attributes.map((name) => sent.get(name.toLowerCase()));
  return compiled.map({ name: 'uid=anna,dc=example,dc=com', attributes });
}

export const mapPerson = (mappings: FieldMapping[], person: Person): MappingOutcome =>
  mapWith(compileMapping(mappings), person);

export function expectDraft(outcome: MappingOutcome): MappedPerson {
  if (outcome.kind !== 'draft') throw new Error(`expected a draft, got ${outcome.code}: ${outcome.message}`);
  return outcome;
}
