import type { RemovalAction, RemovalPolicy } from './connection.ts';
import type { ContactStatus } from './contact.ts';

/** A linked person who was not in a complete read. */
export type AbsentPerson = {
  externalId: string;
  person: string;
  connectionId: string;
  /** When the first complete read without them took place. Null: it is the present read. */
  goneSince: Date | null;
  contact: { id: string; version: number; name: string; status: ContactStatus; removalDueAt: Date | null };
  /** The names of the other connections that feed the contact now, in order of their priority. */
  fedBy: readonly string[];
  /** Other connections that have lost the contact's person. */
  lostBy: readonly { connectionId: string; since: Date }[];
  /** Somebody has decided since then that the contact stays. */
  kept: boolean;
};

/** The part of a removal policy that decides about absent people. */
export type AbsencePolicy = Pick<RemovalPolicy, 'action' | 'graceDays'>;

const dayMs = 24 * 3_600_000;

/** When the grace of an absence ends. A day is 24 hours, in every time zone. */
export function endOfGrace({ goneSince }: AbsentPerson, { graceDays }: AbsencePolicy, now: Date): Date {
  return new Date((goneSince ?? now).getTime() + dayMs * graceDays);
}

/** What must happen to the contact: the policy's action, unless somebody has decided that the contact stays. */
export function actionFor({ kept }: AbsentPerson, { action }: AbsencePolicy): RemovalAction {
  return kept ? 'KEEP' : action;
}

/** Whether this connection decides about the contact: no connection feeds it any more, and none lost its person later. */
export function isOurs(absent: AbsentPerson): boolean {
  return absent.contact.status === 'ACTIVE' && absent.fedBy.length === 0 && !isLostLater(absent);
}

/** When two connections lost the person at the same moment, the one with the higher id counts as the later one. */
function isLostLater({ goneSince, connectionId, lostBy }: AbsentPerson): boolean {
  return (
    goneSince !== null &&
    lostBy.some(
      ({ since, connectionId: other }) => since > goneSince || (isSameTime(since, goneSince) && other > connectionId),
    )
  );
}

export function isSameTime(a: Date | null, b: Date | null): boolean {
  return a?.getTime() === b?.getTime();
}

/**
 * When a contact that stays for now is to be removed; null: never. A date that another connection has set is kept. The plan asks
 * this, and so does the step that stores the absence, because other connections may have found or lost the person since. Pure.
 */
export function removalDueAt(absent: AbsentPerson, policy: AbsencePolicy, now: Date): Date | null {
  if (!isOurs(absent)) return absent.contact.removalDueAt;
  return actionFor(absent, policy) !== 'KEEP' && policy.graceDays > 0 ? endOfGrace(absent, policy, now) : null;
}
