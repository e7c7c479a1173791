import { Arg, Ctx, ID, Int, Mutation, Resolver } from 'type-graphql';
import { Permission } from '../../core/access.ts';
import { AppError } from '../../core/app-error.ts';
import { ContactField, type LabeledField } from '../../core/contact.ts';
import type { ContactEdit, EditableContact, LeftPart, RevertedChange, SavedContact } from '../../core/contact-edit.ts';
import { mergedContact } from '../../core/merge-contacts.ts';
import type { ContactRecord } from '../../core/records.ts';
import type { UserError } from '../../core/user-error.ts';
import { Needs } from '../access/check-access.ts';
import { type ApiContext, actorOf } from '../api-context.ts';
import { found } from '../error/not-found.ts';
import { orRefused, refuse } from '../error/refusal.ts';
import { ApiContact } from './api-contact.ts';
import {
  ContactInput,
  CreateContactPayload,
  DeleteContactsPayload,
  LockContactFieldsPayload,
  MergeContactsPayload,
  UpdateContactPayload,
} from './contact.inputs.ts';
import { editContact, MOST_VALUES, newContact } from './edit-contact.ts';

/** The most contacts in one deletion. All are locked and written into the history in one transaction. */
const MOST_DELETED = 1000;

type Outcome = { contact: ApiContact | null; userErrors: UserError[] };
type Updated = Outcome & { leftAlone: LeftPart[] };

@Resolver()
export class ContactEditResolver {
  @Needs(Permission.CONTACTS_MANAGE)
  @Mutation(() => CreateContactPayload, { nullable: true, description: 'Creates a contact by hand.' })
  async createContact(
    @Arg('input', () => ContactInput, { description: 'The contact.' }) input: ContactInput,
    @Ctx() { store, viewer }: ApiContext,
  ): Promise<Outcome> {
    const { edit, userErrors } = newContact(input);
    if (userErrors.length > 0) return { contact: null, userErrors };
    return outcomeOf(await store.createContact(edit, actorOf(viewer)));
  }

  @Needs(Permission.CONTACTS_MANAGE)
  @Mutation(() => UpdateContactPayload, {
    nullable: true,
    description:
      "Edits a contact by hand. A field that a connection fills is refused with the connection's name, unless the mapping's policy leaves it to people, or it is locked. `expectedVersion` protects two editors from each other: when the contact has changed since that version, the answer is CONFLICT and nothing is saved.",
  })
  async updateContact(
    @Ctx() { store, viewer }: ApiContext,
    @Arg('id', () => ID, { description: "The contact's id." }) id: string,
    @Arg('input', () => ContactInput, { description: 'What changes.' }) input: ContactInput,
    @Arg('expectedVersion', () => Int, {
      nullable: true,
      description: 'The version that was edited; when left out, any version is accepted.',
    })
    expectedVersion?: number | null,
  ): Promise<Updated> {
    const change = (current: EditableContact) => {
      const { edit, userErrors } = editContact(current, input);
      refuse(userErrors);
      return edit;
    };
    const saved = await orRefused(store.updateContact(id, expectedVersion ?? null, change, actorOf(viewer)));
    return 'userErrors' in saved
      ? { contact: null, userErrors: saved.userErrors, leftAlone: [] }
      : { ...outcomeOf(found(saved.result, 'contact')), leftAlone: [] };
  }

  @Needs(Permission.CONTACTS_MANAGE)
  @Mutation(() => DeleteContactsPayload, {
    nullable: true,
    description: `Deletes up to ${MOST_DELETED} contacts. A run that still finds the person of such a contact in a source creates a new contact.`,
  })
  async deleteContacts(
    @Arg('ids', () => [ID], { description: 'The ids of the contacts.' }) ids: string[],
    @Ctx() { store, viewer }: ApiContext,
  ): Promise<{ deletedIds: string[]; userErrors: UserError[] }> {
    if (ids.length > MOST_DELETED) throw new AppError('BAD_USER_INPUT', `\`ids\` takes at most ${MOST_DELETED} ids.`);
    return { deletedIds: await store.deleteContacts(ids, actorOf(viewer)), userErrors: [] };
  }

  @Needs(Permission.CONTACTS_MANAGE)
  @Mutation(() => MergeContactsPayload, {
    nullable: true,
    description:
      'Makes one contact of two that are the same person. The first one stays. What is empty there comes from the second one, and both have their connections and history in it. Later runs keep it so.',
  })
  async mergeContacts(
    @Arg('keepId', () => ID, { description: 'The contact that stays.' }) keepId: string,
    @Arg('dropId', () => ID, { description: 'The contact that goes.' }) dropId: string,
    @Ctx() { store, viewer }: ApiContext,
  ): Promise<Outcome> {
    if (keepId.toLowerCase() === dropId.toLowerCase())
      return { contact: null, userErrors: [mergeFault('CONTRADICTION', 'A contact can not be merged with itself.')] };
    const merge = (keep: EditableContact, drop: EditableContact) => {
      const merged = mergedContact(keep, drop);
      refuse(tooManyTogether(keep, drop, merged));
      return merged;
    };
    const answer = await orRefused(store.mergeContacts(keepId, dropId, merge, actorOf(viewer)));
    if ('userErrors' in answer) return { contact: null, userErrors: answer.userErrors };
    const merged = found(answer.result, 'contact');
    if (merged.kind === 'saved') return outcomeOf(merged);
    if (merged.kind === 'addressTaken')
      return { contact: null, userErrors: [emailTaken(['keepId'], merged.holderName)] };
    const message = `The connection "${merged.connectionName}" has two different people for these contacts. Remove one of them from it, or from its source, first.`;
    return { contact: null, userErrors: [mergeFault('DIFFERENT_PEOPLE', message)] };
  }

  @Needs(Permission.CONTACTS_MANAGE)
  @Mutation(() => UpdateContactPayload, {
    nullable: true,
    description:
      'Takes back one change of one contact, which a run or a person made. The contact is null in the answer when it is gone again. What has changed again since stays as it is, and `leftAlone` names it. If nothing of the change is left, nothing is done, and the answer says what changed the contact. A created contact goes only if nothing has changed it since. The next run of the connection does not make the change again unasked: it is HELD. A deleted contact comes back without its photo, which the next run fetches.',
  })
  async revertChange(
    @Arg('id', () => ID, { description: "The change's id." }) id: string,
    @Ctx() { store, viewer }: ApiContext,
  ): Promise<Updated> {
    const [changeSet = '', position = ''] = id.split(':');
    const place = /^\d{1,15}$/.test(position) ? Number(position) : Number.NaN;
    return revertedOutcome(found(await store.revertChange(changeSet, place, actorOf(viewer)), 'change'));
  }

  @Needs(Permission.CONTACTS_MANAGE)
  @Mutation(() => LockContactFieldsPayload, {
    nullable: true,
    description:
      "Locks fields of a contact, or unlocks them. A locked field keeps its value, whatever any connection says. After an unlock, the next run brings back the source's value.",
  })
  async lockContactFields(
    @Arg('id', () => ID, { description: "The contact's id." }) id: string,
    @Arg('fields', () => [ContactField], { description: 'The fields.' }) fields: ContactField[],
    @Arg('locked', () => Boolean, { description: 'Whether they are to be locked.' }) locked: boolean,
    @Ctx() { store, viewer }: ApiContext,
  ): Promise<Outcome> {
    const change = ({ status, values, lockedFields }: EditableContact) => ({
      status,
      values,
      lockedFields: Object.values(ContactField).filter((field) =>
        fields.includes(field) ? locked : lockedFields.includes(field),
      ),
    });
    return outcomeOf(found(await store.updateContact(id, null, change, actorOf(viewer)), 'contact'));
  }
}

/**
 * The lists that are too long only because of the merge. A source may have given one of the two contacts a longer list.
 */
function tooManyTogether(keep: ContactEdit, drop: ContactEdit, merged: ContactEdit): UserError[] {
  const length = ({ values }: ContactEdit, field: LabeledField): number => values[field]?.length ?? 0;
  return (['EMAIL', 'PHONE'] as const)
    .filter((field) => length(merged, field) > Math.max(MOST_VALUES, length(keep, field), length(drop, field)))
    .map((field) =>
      mergeFault(
        'TOO_MANY',
        `Together they have more than ${MOST_VALUES} values of ${field}. Remove some of them first.`,
      ),
    );
}

function mergeFault(code: 'CONTRADICTION' | 'DIFFERENT_PEOPLE' | 'TOO_MANY', message: string): UserError {
  return { field: ['dropId'], code, message };
}

function revertedOutcome(reverted: RevertedChange<ContactRecord>): Updated {
  switch (reverted.kind) {
    case 'saved':
      return {
        contact: reverted.contact && new ApiContact(reverted.contact),
        userErrors: [],
        leftAlone: reverted.left,
      };
    case 'changed':
      return notReverted('CHANGED_SINCE', `The change can not be taken back: ${reverted.reason}.`);
    case 'nothing':
      return notReverted('NOTHING_TO_REVERT', 'This change has changed nothing of the contact.');
    case 'addressTaken':
      return notReverted('EMAIL_TAKEN', `The contact "${reverted.holderName}" has the primary email now.`);
  }
}

function notReverted(code: UserError['code'], message: string): Updated {
  return { contact: null, userErrors: [{ field: ['id'], code, message }], leftAlone: [] };
}

function outcomeOf(saved: SavedContact<ContactRecord>): Outcome {
  if (saved.kind === 'saved') return { contact: new ApiContact(saved.contact), userErrors: [] };
  return { contact: null, userErrors: [emailTaken(['input', 'primaryEmail'], saved.holderName)] };
}

function emailTaken(field: string[], holderName: string): UserError {
  const message = `This is the primary email of the contact "${holderName}". No two active contacts have the same.`;
  return { field, code: 'EMAIL_TAKEN', message };
}
