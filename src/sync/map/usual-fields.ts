import type { FieldMapping } from '../../core/connection.ts';
import { fieldKey, isFlagField } from '../../core/contact.ts';
import type { FilledFields, UsualField } from '../../core/quality.ts';
import { expected } from './compile-mapping.ts';

/** A read of this share of the people in scope tells which fields are usual. */
const nearlyEverybody = 0.9;
const fewestPeople = 10;
/** A field is usual if at most this share of the people lacks it, or at most so many people. */
const lackingShare = 0.05;
const lackingFew = 3;
/** All usual fields together are lacking so often at most. The best filled ones are taken first, so that findings stay few. */
const mostLacking = { share: 0.05, few: 20 };

/**
 * The fields that nearly everybody has, so that a person without one is worth a finding. Fields that each person should have are
 * not among them, because mapping itself looks for those. Null: the read has mapped too few people to tell.
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
