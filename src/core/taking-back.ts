import type { ContactStatus } from './contact.ts';
import type { ChangeAction, LogCode } from './run.ts';

/** What is known about a contact whose changes are to be taken back: those of one run, or a single one. */
export type MadeChange = {
  /** The first and the last action; they differ when a run changed the contact more than once. */
  firstAction: ChangeAction;
  lastAction: ChangeAction;
  /** The contact's status before. Null: there was no such contact. */
  statusBefore: ContactStatus | null;
  /** The contact now. `asLeft`: it is as the changes left it. `fedByOthers`: other connections have linked it since. Null: none. */
  contact: { status: ContactStatus; asLeft: boolean; fedByOthers: boolean } | null;
  /** The only change was a note that the person is gone, or is back, and it says the same as before. */
  changedNothing: boolean;
  /** The newest change of the contact. */
  newest: { action: ChangeAction; by: string } | null;
};

/** What taking changes back comes to: a change, nothing, or the contact is left alone. */
export type TakingBack =
  | { kind: 'change'; action: 'CREATE' | 'UPDATE' | 'REACTIVATE' | 'DEACTIVATE' | 'DELETE' | 'NONE' }
  | { kind: 'nothing' }
  /** `inParts`: it may be taken back part by part (see taking-parts-back.ts). */
  | { kind: 'leave'; code: LogCode; reason: string; inParts: boolean };

/** Why an applied change is in the history of what takes it back. */
export const takenBack = 'taken back';

export const notTakenBack = {
  changed: 'the contact has changed since the plan was made',
  taken: (address: string): string => `another active contact has the address ${address} now`,
  claimed: 'the connection links its person to another contact now',
} as const;

/**
 * Decides how the changes of one contact are taken back as a whole. A contact that somebody has changed since is left alone: a run that
 * takes another one back does no more, because nobody looks at its contacts one by one. A person who takes back a single change goes on
 * with its parts. Pure.
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
