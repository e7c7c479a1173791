import type { FieldMapping } from './connection.ts';
import {
  type ContactField,
  type ContactStatus,
  type ContactValues,
  derivedFill,
  type FieldKey,
  type Fills,
  fieldKey,
  isLabeledField,
  type LabeledField,
} from './contact.ts';

/** What people can change of a contact. */
export type ContactEdit = { status: ContactStatus; values: ContactValues; lockedFields: readonly ContactField[] };

/** What a connection brings to a contact. */
export type Feed = { connectionName: string; fills: Fills; mappings: readonly FieldMapping[] };

/** A contact that somebody edits, with the connections that feed it; the one whose values win comes first. */
export type EditableContact = ContactEdit & {
  id: string;
  version: number;
  /** The portal access that the removal of the contact took away. Null: it was not removed. */
  portalAccessBefore: boolean | null;
  feeds: readonly Feed[];
};

/** Another active contact has the primary email; nothing was saved. */
export type AddressTaken = { kind: 'addressTaken'; holderName: string };

/** The result of saving a contact. */
export type SavedContact<Saved> = { kind: 'saved'; contact: Saved } | AddressTaken;

/** The result of merging two contacts. `fedTwice`: a connection has two people for them now; nothing was saved. */
export type MergedContacts<Saved> = SavedContact<Saved> | { kind: 'fedTwice'; connectionName: string };

/**
 * The result of taking a change back. `saved` with null: the contact is gone; `left`: what stays, because it has changed since. `changed`:
 * all of it was changed since; `nothing`: it is as before.
 */
export type RevertedChange<Saved> =
  | { kind: 'saved'; contact: Saved | null; left: LeftPart[] }
  | AddressTaken
  | { kind: 'changed'; reason: string }
  | { kind: 'nothing' };

/** A part of a change that is not taken back. No field: it is about the contact as a whole. */
export type LeftPart = { field: ContactField | null; label: string | null; message: string };

/** The parts of a contact's values that two versions of it have in different form: a field, or a label of one. */
export function changedKeys(before: ContactValues, after: ContactValues, field: ContactField): FieldKey[] {
  if (!isLabeledField(field)) return (before[field] ?? false) === (after[field] ?? false) ? [] : [field];
  const labels = new Set([...(before[field] ?? []), ...(after[field] ?? [])].map(({ label }) => label));
  return [...labels]
    .filter((label) => textOf(before, field, label) !== textOf(after, field, label))
    .map((label) => fieldKey(field, label));
}

/** The values of a label as a text. They have no order. */
function textOf(values: ContactValues, field: LabeledField, label: string): string {
  const ofLabel = (values[field] ?? []).filter((one) => one.label === label);
  return JSON.stringify(ofLabel.map(({ value }) => value).toSorted());
}

/**
 * The connection that fills a part of a contact at each run, so that an edit of it would not last. Null: none does, because it brings
 * no value, or its mapping leaves the field to people once it is filled. A display name that a connection puts together is no value.
 */
export function filledBy({ feeds, lockedFields }: EditableContact, field: ContactField, key: FieldKey): string | null {
  if (lockedFields.includes(field)) return null;
  const feed = feeds.find(
    ({ fills, mappings }) =>
      (fills[key] ?? derivedFill) !== derivedFill &&
      mappings.some((mapping) => fieldKey(mapping.field, mapping.label) === key && mapping.policy === 'ALWAYS'),
  );
  return feed?.connectionName ?? null;
}
