import { flagFields, type LabeledField, type LabeledValue, textFields } from '../../core/contact.ts';
import type { MappedPerson } from './mapping-outcome.ts';
import { textFieldAccess } from './text-field-access.ts';

/** No stored text contains it (see value-limits), so a value can't forge where the next one starts. */
const NUL = '\0';

const startOf = (name: string): string => NUL + NUL + name + NUL;

/** In the order of the contract, whatever the order of the mappings. */
const fields = textFields.map((field, i) => ({ field, start: startOf(String(i)), read: textFieldAccess[field].read }));

/**
 * A text that is the same for two drafts exactly when they say the same: for hashing. Values of an attribute have no
 * order, so lists are sorted, and a single field that had a choice is told by all its sorted candidates. Where a value
 * came from is not part of it.
 *
 * Each field is two NULs, its number or name, and its texts with a NUL before each; texts are never empty.
 */
export function canonicalDraft({
  draft: { values },
  alternatives,
}: Pick<MappedPerson, 'draft' | 'alternatives'>): string {
  let text = '';
  for (const { field, start, read } of fields) {
    const value = read(values);
    if (value === undefined) continue;
    const candidates = alternatives?.[field];
    text += start;
    text += candidates === undefined ? value : candidates.toSorted().join(NUL);
  }
  if (values.EMAIL !== undefined) text += canonicalList('EMAIL', values.EMAIL);
  if (values.PHONE !== undefined) text += canonicalList('PHONE', values.PHONE);
  for (const field of flagFields) {
    const flag = values[field];
    if (flag !== undefined) text += startOf(field) + flag;
  }
  return text;
}

function canonicalList(field: LabeledField, list: readonly LabeledValue[]): string {
  const [only, second] = list;
  if (only !== undefined && second === undefined) return startOf(field) + only.label + NUL + only.value;
  const pairs = list.map(({ label, value }) => label + NUL + value);
  return startOf(field) + pairs.sort().join(NUL);
}
