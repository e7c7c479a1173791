import type { ContactValues } from '../../core/contact.ts';

/** The composite contact_values as it comes back from to_jsonb: nulls, off flags and empty lists say nothing. */
export const readValues = (row: Record<string, unknown>): ContactValues => {
  const values: Record<string, unknown> = {};
  for (const [field, value] of Object.entries(row))
    if (value !== null && value !== false && !(Array.isArray(value) && value.length === 0)) values[field] = value;
  return values as ContactValues;
};
