import type { ContactField } from '../../core/contact.ts';

/** Characters (UTF-16 units) that the service looks at; longer values are left out whole, never cut. */
export const LONGEST_RAW_VALUE = 65_536;

/** Characters (UTF-16 units) that a field can hold after all transforms. */
export const longestValue = (field: ContactField): number => (field === 'NOTES' ? LONGEST_RAW_VALUE : 1_000);

/** Why a value can't be stored: Postgres has no NUL in texts, UTF-8 no halves of surrogate pairs. Null: it can. */
export function unstorableBecause(value: string, longest: number): string | null {
  if (value.length > longest) return `has ${value.length} characters, ${longest} at most are taken`;
  if (value.includes('\0')) return 'contains a NUL character';
  return value.isWellFormed() ? null : 'contains half of a surrogate pair';
}
