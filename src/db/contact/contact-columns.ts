import { ContactField, type ContactValues, isFlagField } from '../../core/contact.ts';

/** The column of contact that holds a field; the composite type contact_values has the field's own name. */
export function columnOf(field: ContactField): string {
  return field === 'EMAIL' ? 'emails' : field === 'PHONE' ? 'phones' : field.toLowerCase();
}

const fields = Object.values(ContactField);

/** The columns of all fields, in the order of the composite type: of a contact, of what the plan makes of it, or of a change. */
export const fieldColumns: string = fields.map((field) => `"${columnOf(field)}"`).join(', ');

/** The same columns of this row. */
export function columnsOf(row: string): string {
  return fields.map((field) => `${row}."${columnOf(field)}"`).join(', ');
}

/** Such a row's fields as a composite: nothing where a flag is off, as in values mapped. */
export function valuesOf(row: string): string {
  return `ROW(${fields
    .map((field) => {
      const column = `${row}."${columnOf(field)}"`;
      return isFlagField(field) ? `nullif(${column}, false)` : column;
    })
    .join(', ')})::contact_values`;
}

/** The columns with their values taken from a composite; a flag that says nothing is off, where the composite is not null. */
export function fieldValues(composite: string): { column: string; value: string }[] {
  return fields.map((field) => {
    const value = `(${composite})."${field}"`;
    const off = `CASE WHEN (${composite})."DISPLAY_NAME" IS NOT NULL THEN false END`;
    return { column: `"${columnOf(field)}"`, value: isFlagField(field) ? `coalesce(${value}, ${off})` : value };
  });
}

/** `SET` items that bring the fields of a row of the plan into a contact. */
export function setFields(row: string): string {
  return fields.map((field) => `"${columnOf(field)}" = ${row}."${columnOf(field)}"`).join(', ');
}

/** The composite contact_values as it comes back from to_jsonb: nulls, off flags and empty lists say nothing. */
export function readValues(row: Record<string, unknown>): ContactValues {
  const values: Record<string, unknown> = {};
  for (const [field, value] of Object.entries(row))
    if (value !== null && value !== false && !(Array.isArray(value) && value.length === 0)) values[field] = value;
  return values as ContactValues;
}
