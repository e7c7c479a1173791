import {
  type AbsencePolicy,
  type AbsentPerson,
  actionFor,
  endOfGrace,
  isOurs,
  isSameTime,
  removalDueAt,
} from '../../core/absence.ts';
import type { RemovalAction } from '../../core/connection.ts';
import type { AbsentOutcome } from '../../core/plan.ts';
import * as sentences from './sentences.ts';

/**
 * Decides what happens to the contact of a linked person who is gone. It is removed now or after the grace. Or it
 * stays, because of the policy, because other connections feed it, or because another connection lost the person later
 * and decides. 'nothing': the person was gone before, the contact is not due yet, and the right date is already stored.
 * Pure.
 */
export function planAbsent(absent: AbsentPerson, policy: AbsencePolicy, now: Date): AbsentOutcome {
  const action = actionFor(absent, policy);
  const { contact, goneSince } = absent;
  const newly = goneSince === null;
  const due = endOfGrace(absent, policy, now);
  const reason = reasonOf(absent, action, due, now);
  if (isOurs(absent) && action !== 'KEEP' && due <= now)
    return { kind: action === 'DELETE' ? 'delete' : 'deactivate', newly, reason };
  const isNoted = !newly && isSameTime(contact.removalDueAt, removalDueAt(absent, policy, now));
  return isNoted ? { kind: 'nothing' } : { kind: 'stay', newly, reason };
}

function reasonOf({ contact, fedBy, kept }: AbsentPerson, action: RemovalAction, due: Date, now: Date): string {
  if (contact.status === 'INACTIVE') return sentences.inactiveAlready;
  if (fedBy.length > 0) return sentences.stillFedBy(fedBy);
  if (kept) return sentences.keptByPerson;
  if (action === 'KEEP') return sentences.keptByPolicy;
  return due > now ? sentences.staysUntil(due) : sentences.simplyGone;
}
