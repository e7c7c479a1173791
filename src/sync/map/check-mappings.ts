import type { FieldMapping } from '../../core/connection.ts';
import { type ContactField, fieldKey, isLabeledField } from '../../core/contact.ts';
import type { AttributeNames } from '../../core/entry.ts';
import { labelFault } from '../../core/field-value.ts';
import type { UserError, ValueFault } from '../../core/user-error.ts';
import { checkFixedValue, fixedCountry } from './check-fixed-value.ts';
import { LONGEST_TEMPLATE, parseTemplate, templateFault } from './template/template-engine.ts';
import { transformFits } from './transforms/transforms.ts';

const MOST_MAPPINGS = 200;
/** The longest that all templates may be together. Parsing them takes a few hundredths of a second. */
const MOST_TEMPLATE_CHARACTERS = 50_000;
const MOST_ATTRIBUTES = 20;

/** At least one of these fields must be mapped, so that people have a name to show. */
const naming: readonly ContactField[] = ['DISPLAY_NAME', 'GIVEN_NAME', 'FAMILY_NAME', 'PRIMARY_EMAIL', 'EMAIL'];

/**
 * All faults of the mappings at once. `names` checks attribute names for the kind of source; `path` leads to the list in the
 * mutation's arguments. The mappings of a list that is too long are not checked one by one.
 */
export function checkMappings(
  mappings: readonly FieldMapping[],
  names: Pick<AttributeNames, 'fault'>,
  path: readonly string[],
): UserError[] {
  if (mappings.length > MOST_MAPPINGS) {
    return [{ field: [...path], code: 'TOO_MANY', message: `At most ${MOST_MAPPINGS} mappings are possible.` }];
  }
  const characters = mappings.reduce((sum, { template }) => sum + (template?.length ?? 0), 0);
  if (characters > MOST_TEMPLATE_CHARACTERS) {
    const message = `All templates together have at most ${MOST_TEMPLATE_CHARACTERS} characters.`;
    return [{ field: [...path], code: 'TOO_LONG', message }];
  }
  const country = fixedCountry(mappings);
  const errors = mappings.flatMap((mapping, i) => checkMapping(mapping, [...path, String(i)], { names, country }));
  errors.push(...findRepeated(mappings, path));
  if (!mappings.some(({ field }) => naming.includes(field))) {
    errors.push({
      field: [...path],
      code: 'NAME_REQUIRED',
      message: 'Map DISPLAY_NAME, or another field that can name people.',
    });
  }
  return errors;
}

function checkMapping(
  mapping: FieldMapping,
  path: string[],
  { names, country }: { names: Pick<AttributeNames, 'fault'>; country: string | null },
): UserError[] {
  const errors = [...checkOrigin(mapping, path), ...checkLabel(mapping, path)];
  for (const [i, name] of mapping.attributes.entries()) {
    const fault = names.fault(name);
    if (fault !== null) errors.push({ field: [...path, 'attributes', String(i)], ...fault });
  }
  if (mapping.template !== null) errors.push(...checkTemplate(mapping.template, names, [...path, 'template']));
  if (mapping.value !== null) errors.push(...checkFixedValue(mapping, [...path, 'value'], country));
  for (const [i, transform] of mapping.transforms.entries()) {
    if (transformFits(transform, mapping.field)) continue;
    const message = `${transform} does not fit ${mapping.field}.`;
    errors.push({ field: [...path, 'transforms', String(i)], code: 'TRANSFORM_NOT_ALLOWED', message });
  }
  return errors;
}

function checkOrigin({ field, attributes, template, value }: FieldMapping, path: string[]): UserError[] {
  const given = [attributes.length > 0, template !== null, value !== null].filter(Boolean).length;
  if (given !== 1) {
    const message = `${field} takes exactly one of attributes, template and value; ${given === 0 ? 'none is' : `${given} are`} given.`;
    return [{ field: path, code: given === 0 ? 'REQUIRED' : 'CONTRADICTION', message }];
  }
  if (attributes.length <= MOST_ATTRIBUTES) return [];
  return [
    {
      field: [...path, 'attributes'],
      code: 'TOO_MANY',
      message: `At most ${MOST_ATTRIBUTES} attributes are possible.`,
    },
  ];
}

function checkLabel({ field, label }: FieldMapping, path: string[]): UserError[] {
  const fault = isLabeledField(field) ? labelFault(field, label) : unwantedLabel(field, label);
  return fault === null ? [] : [{ field: [...path, 'label'], ...fault }];
}

function unwantedLabel(field: ContactField, label: string | null): ValueFault | null {
  return label === null ? null : { code: 'UNWANTED', message: `${field} has one value and takes no label.` };
}

/** Finds repeated fields. A field can be mapped once; EMAIL and PHONE once for each label, ignoring case. */
function findRepeated(mappings: readonly FieldMapping[], path: readonly string[]): UserError[] {
  const first = new Map<string, number>();
  const errors: UserError[] = [];
  for (const [i, { field, label }] of mappings.entries()) {
    const key = fieldKey(field, label?.toLowerCase() ?? null);
    const before = first.get(key);
    if (before === undefined) first.set(key, i);
    else {
      const message = `${label === null ? field : `${field} (${label})`} is mapped already, by mapping ${before}.`;
      errors.push({ field: [...path, String(i), 'field'], code: 'DUPLICATE', message });
    }
  }
  return errors;
}

/**
 * The faults of a Liquid template, with line and column where the engine knows them. `field` is its path. The template is parsed
 * but not rendered: its cost for a person is counted during a run.
 */
export function checkTemplate(template: string, names: Pick<AttributeNames, 'fault'>, field: string[]): UserError[] {
  const invalid = (message: string): UserError[] => [{ field, code: 'INVALID_TEMPLATE', message }];
  if (template.length > LONGEST_TEMPLATE) return invalid(`A template has at most ${LONGEST_TEMPLATE} characters.`);
  if (template.trim() === '') return invalid('The template is empty.');
  try {
    const { single, lists } = parseTemplate(template);
    return [...new Set([...single, ...lists])].flatMap((name) => {
      const fault = names.fault(name);
      return fault === null ? [] : [{ field, ...fault }];
    });
  } catch (error) {
    const { message, line, column } = templateFault(error);
    return invalid(
      line === null ? `The template: ${message}.` : `The template, line ${line}, column ${column}: ${message}.`,
    );
  }
}
