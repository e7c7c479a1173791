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

/** The parts of a contact that people can change. */
export type ContactEdit = { status: ContactStatus; values: ContactValues; lockedFields: readonly ContactField[] };

/** What a connection feeds to a contact. */
export type Feed = { connectionName: string; fills: Fills; mappings: readonly FieldMapping[] };

/** A contact that somebody edits, with the connections that feed it; the one whose values win comes first. */
export type EditableContact = ContactEdit & {
  id: string;
  version: number;
  /** Whether the contact had portal access before its removal. Null: it was not removed. */
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
 * The result of reverting a change. `saved`: with the contact, or null if there is none any more. `left`: the parts
 * that stay, because they have changed since. `changed`: all parts have changed since. `nothing`: the contact is
 * already as before.
 */
export type RevertedChange<Saved> =
  | { kind: 'saved'; contact: Saved | null; left: LeftPart[] }
  | AddressTaken
  | { kind: 'changed'; reason: string }
  | { kind: 'nothing' };

/** A part of a change that is not reverted. Without a field: the contact as a whole. */
export type LeftPart = { field: ContactField | null; label: string | null; message: string };

/** The keys of the fields that differ between two versions of a contact. A labeled field has one key for each label. */
export function changedKeys(before: ContactValues, after: ContactValues, field: ContactField): FieldKey[] {
  if (!isLabeledField(field)) return (before[field] ?? false) === (after[field] ?? false) ? [] : [field];
  const labels = new Set([...(before[field] ?? []), ...(after[field] ?? [])].map(({ label }) => label));
  return [...labels]
    .filter((label) => textOf(before, field, label) !== textOf(after, field, label))
    .map((label) => fieldKey(field, label));
}

/** The values of a label as one text, for comparing. Their order does not matter. */
function textOf(values: ContactValues, field: LabeledField, label: string): string {
  const ofLabel = (values[field] ?? []).filter((one) => one.label === label);
  return JSON.stringify(ofLabel.map(({ value }) => value).toSorted());
}

/**
 * The connection that fills a part of a contact at each run, so that an edit by a person would not last. Null: there is
 * none. A connection does not count if it has no value, if its mapping never overwrites a filled field, or if it only
 * makes a display name of other fields.
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
