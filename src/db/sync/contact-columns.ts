import { ContactField, isFlagField } from '../../core/contact.ts';

/** The column of contact that holds a field; the composite type contact_values has the field's own name. */
export const columnOf = (field: ContactField): string =>
  field === 'EMAIL' ? 'emails' : field === 'PHONE' ? 'phones' : field.toLowerCase();

const fields = Object.values(ContactField);

/** The columns of all fields, in the order of the composite type. */
export const fieldColumns: string = fields.map((field) => `"${columnOf(field)}"`).join(', ');

/** The same columns' values, taken from a composite; a flag that says nothing is off. */
export const fieldsOf = (composite: string): string =>
  fields
    .map((field) => (isFlagField(field) ? `coalesce((${composite})."${field}", false)` : `(${composite})."${field}"`))
    .join(', ');

/** A contact's fields as a composite: nothing where a flag is off, as in values mapped. */
export const valuesOf = (contact: string): string =>
  `ROW(${fields
    .map((field) => {
      const column = `${contact}."${columnOf(field)}"`;
      return isFlagField(field) ? `nullif(${column}, false)` : column;
    })
    .join(', ')})::contact_values`;

/** `SET` items that bring a composite's values into a contact. */
export const setFields = (composite: string): string =>
  fields
    .map((field) => {
      const value = `(${composite})."${field}"`;
      return `"${columnOf(field)}" = ${isFlagField(field) ? `coalesce(${value}, false)` : value}`;
    })
    .join(', ');
