import type { ContactStatus } from './contact.ts';
import type { ChangeAction, LogCode } from './run.ts';

/** A contact whose changes are to be reverted: those of one run, or a single change. */
export type MadeChange = {
  /** The first and the last action; they differ when a run changed the contact more than once. */
  firstAction: ChangeAction;
  lastAction: ChangeAction;
  /** The contact's status before the changes. Null: the contact did not exist. */
  statusBefore: ContactStatus | null;
  /**
   * The contact now. `asLeft`: nothing has changed since. `fedByOthers`: other connections have linked it since. Null:
   * it does not exist.
   */
  contact: { status: ContactStatus; asLeft: boolean; fedByOthers: boolean } | null;
  /** The only change was a note that the person is gone, or is back, and the note equals the one before. */
  changedNothing: boolean;
  /** The newest change of the contact. */
  newest: { action: ChangeAction; by: string } | null;
};

/**
 * How the changes of a contact are reverted: by a change, by nothing, or not at all, because the contact is left alone.
 */
export type TakingBack =
  | { kind: 'change'; action: 'CREATE' | 'UPDATE' | 'REACTIVATE' | 'DEACTIVATE' | 'DELETE' | 'NONE' }
  | { kind: 'nothing' }
  /** `inParts`: it may be reverted in parts (see taking-parts-back.ts). */
  | { kind: 'leave'; code: LogCode; reason: string; inParts: boolean };

/** The reason of a change that reverts another one, in the history. */
export const takenBack = 'taken back';

export const notTakenBack = {
  changed: 'the contact has changed since the plan was made',
  taken: (address: string): string => `another active contact has the address ${address} now`,
  claimed: 'its person has another contact now',
} as const;

/**
 * Decides how the changes of one contact are reverted as a whole. A contact that somebody has changed since is left
 * alone. A revert of a whole run does no more, because nobody looks at its contacts one by one. If a person reverts a
 * single change, its parts are decided next. Pure.
 */
export function takeBack(change: MadeChange): TakingBack {
  const { firstAction, lastAction, statusBefore, contact } = change;
  if (lastAction === 'DELETE') {
    if (contact !== null) return leave('the contact exists again');
    return firstAction === 'CREATE' ? { kind: 'nothing' } : { kind: 'change', action: 'CREATE' };
  }
  if (contact === null) return leave(`the contact ${since(change, 'has been deleted since')}`);
  if (!contact.asLeft) return leave(`the contact ${since(change, 'has changed since')}`, firstAction !== 'CREATE');
  if (firstAction === 'CREATE')
    return contact.fedByOthers
      ? leave('another connection feeds the contact, too')
      : { kind: 'change', action: 'DELETE' };
  if (change.changedNothing) return { kind: 'nothing' };
  if (firstAction === 'NONE' && lastAction === 'NONE') return { kind: 'change', action: 'NONE' };
  if (statusBefore === contact.status) return { kind: 'change', action: 'UPDATE' };
  return { kind: 'change', action: statusBefore === 'ACTIVE' ? 'REACTIVATE' : 'DEACTIVATE' };
}

function leave(reason: string, inParts = false): TakingBack {
  return { kind: 'leave', code: 'CHANGED_SINCE', reason, inParts };
}

const done: Record<ChangeAction, string> = {
  CREATE: 'has been created again since',
  UPDATE: 'has been updated since',
  LINK: 'has been linked since',
  REACTIVATE: 'has been reactivated since',
  DEACTIVATE: 'has been deactivated since',
  DELETE: 'has been deleted since',
  SKIP: 'has changed since',
  NONE: 'has changed since',
};

function since({ newest }: MadeChange, otherwise: string): string {
  return newest === null ? otherwise : `${done[newest.action]}, by ${newest.by}`;
}
