import type { RemovalPolicy } from '../../core/connection.ts';
import type { AbsentOutcome, AbsentPerson } from '../../core/plan.ts';
import * as sentences from './gone-sentences.ts';

const hourMs = 3_600_000;

/** When the grace of an absence ends; days of 24 hours, whatever the time zone. */
const endOfGrace = (since: Date, graceDays: number): Date => new Date(since.getTime() + 24 * hourMs * graceDays);

/** What the policy says of absences. */
type AbsencePolicy = Pick<RemovalPolicy, 'action' | 'graceDays'>;

/**
 * What becomes of the contact of a linked person whom a complete read has not had: it is removed now, or later (grace), or
 * left to the policy, to the connections that still feed it, or to the one that lost its person last. Nothing where the
 * person was gone before, the contact is not due yet, and the right day is noted. Pure.
 */
export function planAbsent(absent: AbsentPerson, policy: AbsencePolicy, now: Date): AbsentOutcome {
  const { action, graceDays } = policy;
  const { contact, goneSince } = absent;
  const newly = goneSince === null;
  const due = endOfGrace(goneSince ?? now, graceDays);
  const reason = reasonOf(absent, action, due, now);
  if (isOurs(absent) && action !== 'KEEP' && due <= now)
    return { kind: action === 'DELETE' ? 'delete' : 'deactivate', newly, reason };
  const isNoted = !newly && isSameTime(contact.removalDueAt, removalDueAt(absent, policy, now));
  return isNoted ? { kind: 'nothing' } : { kind: 'stay', newly, reason };
}

/** When a contact that stays for now is to be removed; null: never. A day that another connection has set stays. Pure. */
export const removalDueAt = (absent: AbsentPerson, { action, graceDays }: AbsencePolicy, now: Date): Date | null => {
  if (!isOurs(absent)) return absent.contact.removalDueAt;
  return action !== 'KEEP' && graceDays > 0 ? endOfGrace(absent.goneSince ?? now, graceDays) : null;
};

/** Whether the contact is up to this connection: nobody feeds it any more, and nobody has lost its person later. */
const isOurs = (absent: AbsentPerson): boolean =>
  absent.contact.status === 'ACTIVE' && absent.fedBy.length === 0 && !isLostLater(absent);

/** At the same moment, the connection with the higher id has lost the person last. */
const isLostLater = ({ goneSince, connectionId, lostBy }: AbsentPerson): boolean =>
  goneSince !== null &&
  lostBy.some(
    ({ since, connectionId: other }) => since > goneSince || (isSameTime(since, goneSince) && other > connectionId),
  );

const isSameTime = (a: Date | null, b: Date | null): boolean => a?.getTime() === b?.getTime();

function reasonOf({ contact, fedBy }: AbsentPerson, action: RemovalPolicy['action'], due: Date, now: Date): string {
  if (contact.status === 'INACTIVE') return sentences.inactiveAlready;
  if (fedBy.length > 0) return sentences.stillFedBy(fedBy);
  if (action === 'KEEP') return sentences.keptByPolicy;
  return due > now ? sentences.staysUntil(due) : sentences.simplyGone;
}
