import type { FieldMapping, Scope, Transform } from '../../core/connection.ts';
import type { ContactField, LabeledField } from '../../core/contact.ts';

/** The scope that lets in everybody whose account is not disabled. */
export function everybody(): Scope {
  return {
    groups: [],
    nestedGroups: false,
    excludeGroups: [],
    excludeBaseDns: [],
    match: 'ALL',
    rules: [],
    filter: null,
    includeDisabled: false,
    requireEmail: false,
  };
}

/** A field that the source fills at each run, and clears when it has no value. */
export function from(field: ContactField, attributes: string[], transforms: Transform[] = []): FieldMapping {
  return {
    field,
    label: null,
    attributes,
    template: null,
    value: null,
    transforms,
    policy: 'ALWAYS',
    whenEmpty: 'CLEAR',
  };
}

/** The same for a list of emails or phones, under one label. */
export function labeled(field: LabeledField, label: string, attributes: string[]): FieldMapping {
  return {
    ...from(field, attributes),
    label,
  };
}
