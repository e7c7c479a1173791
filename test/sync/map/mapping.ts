import type { FieldMapping } from '../../../src/core/connection.ts';
import type { UserError } from '../../../src/core/user-error.ts';
import { checkMappings } from '../../../src/sync/map/check-mappings.ts';
import { type CompiledMapping, compileMapping } from '../../../src/sync/map/compile-mapping.ts';
import type { MappedPerson, MappingOutcome } from '../../../src/sync/map/person-in-work.ts';
import { ldapNames } from '../../support/source-defaults.ts';

/** A mapping of one field, with the API's defaults for everything that is left out. */
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

/** Maps a person given by attribute names, in any case. */
export function mapWith(compiled: CompiledMapping, person: Person): MappingOutcome {
  const sent = new Map(Object.entries(person).map(([name, value]) => [name.toLowerCase(), value]));
  const attributes = compiled.attributes.map((name) => sent.get(name.toLowerCase()));
  return compiled.map({ name: 'uid=anna,dc=example,dc=com', attributes });
}

/** The attribute names are those of LDAP. */
export const compile = (mappings: readonly FieldMapping[]): CompiledMapping => compileMapping(mappings, ldapNames);
export const check = (mappings: readonly FieldMapping[], path: readonly string[]): UserError[] =>
  checkMappings(mappings, ldapNames, path);

export const mapPerson = (mappings: FieldMapping[], person: Person): MappingOutcome =>
  mapWith(compile(mappings), person);

export function expectDraft(outcome: MappingOutcome): MappedPerson {
  if (outcome.kind !== 'draft') throw new Error(`expected a draft, got ${outcome.code}: ${outcome.message}`);
  return outcome;
}
