import type { FieldMapping, Transform } from '../../core/connection.ts';
import type { ContactField, LabeledField } from '../../core/contact.ts';

/** A field that the source fills at each run, and clears when it has no value. */
export const from = (field: ContactField, attributes: string[], transforms: Transform[] = []): FieldMapping => ({
  field,
  label: null,
  attributes,
  template: null,
  value: null,
  transforms,
  policy: 'ALWAYS',
  whenEmpty: 'CLEAR',
});

export const labeled = (field: LabeledField, label: string, attributes: string[]): FieldMapping => ({
  ...from(field, attributes),
  label,
});
