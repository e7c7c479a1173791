import type { ContactField } from '../../core/contact.ts';
import { unstorableBecause } from '../../core/storable-text.ts';

/** Characters (UTF-16 units) that the service looks at; longer values are left out whole, never cut. */
export const LONGEST_RAW_VALUE = 65_536;

/** Characters (UTF-16 units) that a field can hold after all transforms. */
export const longestValue = (field: ContactField): number => (field === 'NOTES' ? LONGEST_RAW_VALUE : 1_000);

/** Why a field can't take a value. Null: it can. */
export const unusableBecause = (value: string, longest: number): string | null =>
  value.length > longest ? `has ${value.length} characters, ${longest} at most are taken` : unstorableBecause(value);
