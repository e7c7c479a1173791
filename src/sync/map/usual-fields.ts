import type { FieldMapping } from '../../core/connection.ts';
import { fieldKey, isFlagField } from '../../core/contact.ts';
import type { FilledFields, UsualField } from '../../core/quality.ts';
import { expected } from './compile-mapping.ts';

/** A read of at least this share of the people in scope shows which fields are usual. */
const nearlyEverybody = 0.9;
const fewestPeople = 10;
/** A field is usual if at most this share of the people lacks it, or at most this number of people. */
const lackingShare = 0.05;
const lackingFew = 3;
/**
 * The most missing values of all usual fields together. The best filled fields are taken first, so that there are few
 * findings.
 */
const mostLacking = { share: 0.05, few: 20 };

/**
 * The fields that nearly everybody has, so that a person without one is worth a finding. Fields that everybody should
 * have are not among them, because the mapping itself checks those. Null: the read has mapped too few people to know.
 */
export function usualFields(
  mappings: readonly FieldMapping[],
  { people, byKey }: FilledFields,
  inScope: number,
): UsualField[] | null {
  if (people < nearlyEverybody * inScope) return null;
  if (people < fewestPeople) return [];
  const candidates = mappings
    .filter(({ field, value }) => value === null && !isFlagField(field) && !expected.has(field))
    .map((mapping) => ({ mapping, lacking: people - (byKey[fieldKey(mapping.field, mapping.label)] ?? 0) }))
    .filter(({ lacking }) => lacking <= Math.max(lackingFew, lackingShare * people))
    .toSorted((a, b) => a.lacking - b.lacking);
  const usual: UsualField[] = [];
  let left = Math.max(mostLacking.few, mostLacking.share * people);
  for (const { mapping, lacking } of candidates) {
    left -= lacking;
    if (left < 0) break;
    usual.push(usualField(mapping));
  }
  return usual;
}

function usualField({ field, label, attributes, template }: FieldMapping): UsualField {
  const name = label === null ? field : `${field} (${label})`;
  const origin = template === null ? attributes.join(', ') : 'the template gives none';
  return {
    key: fieldKey(field, label),
    field,
    message: `There is no value for ${name}, which nearly everybody has: ${origin}.`,
  };
}
