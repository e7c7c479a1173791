import type { RemovalPolicy } from './connection.ts';
import type { ContactStatus } from './contact.ts';

/** A linked person whom a complete read has not had. */
export type AbsentPerson = {
  externalId: string;
  person: string;
  connectionId: string;
  /** The time of the first complete read without them; null: the present one. */
  goneSince: Date | null;
  contact: { id: string; version: number; name: string; status: ContactStatus; removalDueAt: Date | null };
  /** The names of other connections that feed the contact now, in order. */
  fedBy: readonly string[];
  /** Other connections that have lost the contact's person. */
  lostBy: readonly { connectionId: string; since: Date }[];
};

/** What a removal policy says of absences. */
export type AbsencePolicy = Pick<RemovalPolicy, 'action' | 'graceDays'>;

const dayMs = 24 * 3_600_000;

/** When the grace of an absence ends; days of 24 hours, whatever the time zone. */
export function endOfGrace({ goneSince }: AbsentPerson, { graceDays }: AbsencePolicy, now: Date): Date {
  return new Date((goneSince ?? now).getTime() + dayMs * graceDays);
}

/** Whether the contact is up to this connection: nobody feeds it any more, and nobody has lost its person later. */
export function isOurs(absent: AbsentPerson): boolean {
  return absent.contact.status === 'ACTIVE' && absent.fedBy.length === 0 && !isLostLater(absent);
}

/** At the same moment, the connection with the higher id has lost the person last. */
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
 * When a contact that stays for now is to be removed; null: never. A day that another connection has set stays. This is asked
 * when the absence is planned, and again when it is noted: others may have found or lost the person in between. Pure.
 */
export function removalDueAt(absent: AbsentPerson, policy: AbsencePolicy, now: Date): Date | null {
  if (!isOurs(absent)) return absent.contact.removalDueAt;
  return policy.action !== 'KEEP' && policy.graceDays > 0 ? endOfGrace(absent, policy, now) : null;
}
