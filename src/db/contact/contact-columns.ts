import { ContactField, type ContactValues, isFlagField } from '../../core/contact.ts';
import type { ContactPart } from '../../core/records.ts';

/** The column of `contact` that holds a part. In the composite type contact_values a field has its own name. */
export function columnOf(part: ContactPart): string {
  return part === 'EMAIL' ? 'emails' : part === 'PHONE' ? 'phones' : part.toLowerCase();
}

const fields = Object.values(ContactField);

/** SQL: the columns of all fields, in the order of the composite type. Contacts, plan rows and changes have them. */
export const fieldColumns: string = fields.map((field) => `"${columnOf(field)}"`).join(', ');

/** SQL: the same columns of this row. */
export function columnsOf(row: string): string {
  return fields.map((field) => `${row}."${columnOf(field)}"`).join(', ');
}

/** SQL: a row's fields as a composite. A flag that is off is null, as in mapped values. */
export function valuesOf(row: string): string {
  return `ROW(${fields
    .map((field) => {
      const column = `${row}."${columnOf(field)}"`;
      return isFlagField(field) ? `nullif(${column}, false)` : column;
    })
    .join(', ')})::contact_values`;
}

/** SQL: each column with its value from a composite. A null flag means off, if the composite itself is not null. */
export function fieldValues(composite: string): { column: string; value: string }[] {
  return fields.map((field) => {
    const value = `(${composite})."${field}"`;
    const off = `CASE WHEN (${composite})."DISPLAY_NAME" IS NOT NULL THEN false END`;
    return { column: `"${columnOf(field)}"`, value: isFlagField(field) ? `coalesce(${value}, ${off})` : value };
  });
}

/** SQL: the `SET` items that copy the fields of a row into a contact. */
export function setFields(row: string): string {
  return fields.map((field) => `"${columnOf(field)}" = ${row}."${columnOf(field)}"`).join(', ');
}

/** Whether a stored value is filled. Nulls, flags that are off and empty lists are not. */
function saysSomething(value: unknown): boolean {
  return value !== null && value !== false && !(Array.isArray(value) && value.length === 0);
}

/** The filled values of a composite contact_values that came as JSON. */
export function readValues(row: Record<string, unknown>): ContactValues {
  const values: Record<string, unknown> = {};
  for (const [field, value] of Object.entries(row)) if (saysSomething(value)) values[field] = value;
  return values as ContactValues;
}

const fieldOfColumn = new Map(fields.map((field) => [columnOf(field), field]));

/** The filled values from the columns that a row of contact has. */
export function valuesOfRow(row: Readonly<Record<string, unknown>>): ContactValues {
  const values: Record<string, unknown> = {};
  for (const column in row) {
    const field = fieldOfColumn.get(column);
    if (field !== undefined && saysSomething(row[column])) values[field] = row[column];
  }
  return values as ContactValues;
}
