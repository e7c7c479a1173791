import type { RemovalPolicy } from '../core/connection.ts';
import { fieldChanges } from '../core/field-changes.ts';
import { quoteValue } from '../core/outside-text.ts';
import type { Decision, Question } from '../core/plan.ts';
import { defaultMaxPercent, fewestEmptied, smallConnection } from '../core/removal-limits.ts';
import type { ChangeAction } from '../core/run.ts';
import type { ExplanationStep, LinkedPerson, PersonPreview, WaitingRun } from '../core/trial.ts';
import type { FieldVerdict } from './plan/merge.ts';
import { judgeFields, type PlanSettings } from './plan/plan-person.ts';

/*
 * The sentences of an explanation about contact, merge and next run.
 */

/** Which contact is the person's, and by which rule. Null: nobody else has or claims the person's id and address. */
export function matchStep(
  decided: { question: Question; decision: Decision } | null,
  { contactId, contactName }: PersonPreview,
  link: LinkedPerson | null,
): ExplanationStep {
  const step = 'Contact';
  const linked = decided?.question.linked ?? null;
  const name = (text: string | null | undefined): string => quoteValue(text ?? '');
  if (linked !== null && linked.own !== null)
    return {
      step,
      passed: true,
      detail: `The contact ${name(linked.values.DISPLAY_NAME)} is linked by the stable id.`,
    };
  if (linked !== null)
    return {
      step,
      passed: true,
      detail: `The contact ${name(linked.values.DISPLAY_NAME)} belongs to the same id in another connection.`,
    };
  if (decided?.decision.kind === 'link')
    return {
      step,
      passed: true,
      detail: `The contact ${name(decided.question.holder?.values.DISPLAY_NAME)} has the person's primary email.`,
    };
  if (link !== null)
    return {
      step,
      passed: true,
      detail: `The contact ${name(link.contact.name)} is linked by the stable id.${goneSince(link)}`,
    };
  if (contactId !== null) return { step, passed: true, detail: `The contact is ${name(contactName)}.` };
  return { step, passed: false, detail: 'No contact has the id of the person, or matches by the primary email.' };
}

function goneSince({ goneSince: since, contact }: LinkedPerson): string {
  if (since === null) return '';
  const gone = ` The person is gone since ${minute(since)}`;
  if (contact.status === 'INACTIVE') return `${gone}, and the contact is inactive.`;
  return contact.removalDueAt === null
    ? `${gone}; the contact stays.`
    : `${gone}; the contact stays until ${minute(contact.removalDueAt)}.`;
}

function minute(time: Date): string {
  return `${time.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

/** What merging does with each mapped field of the contact, and why. */
export function fieldSteps(question: Question, settings: PlanSettings): ExplanationStep[] {
  return judgeFields(question, settings).map(({ mapping: { field, label }, verdict }) => ({
    step: `Merge ${label === null ? field : `${field} (${label})`}`,
    passed: verdict.kind === 'taken' || verdict.kind === 'cleared',
    detail: verdictText(verdict),
  }));
}

function verdictText(verdict: FieldVerdict): string {
  switch (verdict.kind) {
    case 'taken':
      return 'The contact has or gets the value of this person.';
    case 'cleared':
      return 'It is cleared: the person has no value any more.';
    case 'locked':
      return 'It stays: it is locked.';
    case 'onlyNew':
      return 'It stays: the mapping fills it only in new contacts (ON_CREATE).';
    case 'notEmpty':
      return 'It stays: it has a value, and the mapping fills it only while it is empty (IF_EMPTY).';
    case 'goesFirst':
      return `It stays: the connection ${quoteValue(verdict.connection)} fills it and goes first.`;
    case 'filledElsewhere':
      return `It stays: the person has no value, and the connection ${quoteValue(verdict.connection)} fills it.`;
    case 'keptWhenEmpty':
      return 'It stays: the person has no value, and the mapping then keeps what the contact has.';
    case 'notOurs':
      return 'It stays: the person has no value, and this connection has not filled it.';
  }
}

const sentences: Record<ChangeAction, string> = {
  CREATE: 'It would create a contact',
  UPDATE: 'It would change the contact',
  LINK: 'It would link the contact to the person',
  REACTIVATE: 'It would make the contact active again',
  DEACTIVATE: 'It would deactivate the contact',
  DELETE: 'It would delete the contact',
  SKIP: 'It would leave the person alone',
  NONE: 'It would change nothing',
};

/** What the next run would do. */
export function nextRunStep(
  preview: PersonPreview,
  { included, link }: { included: boolean; link: LinkedPerson | null },
): ExplanationStep {
  const { action, problems } = preview;
  const changes = fieldChanges(preview).map(({ field, label, before, after }) => {
    const [from, to] = [before, after].map((value) => (value === null ? 'nothing' : quoteValue(value)));
    return `${label === null ? field : `${field} (${label})`} from ${from} to ${to}`;
  });
  const why =
    action === 'NONE'
      ? (preview.reason ?? unchangedBecause(included, link))
      : action === 'SKIP' || !included
        ? (preview.reason ?? problems.join(' '))
        : changes.join('; ');
  return {
    step: 'Next run',
    passed: action !== 'SKIP',
    detail: `${sentences[action]}${why === '' ? '.' : `: ${why}`}`,
  };
}

function unchangedBecause(included: boolean, link: LinkedPerson | null): string {
  if (included) return 'the contact has all that the person brings.';
  return link === null ? 'the person has no contact.' : 'the contact stays as it is.';
}

/** A run waits for approval, so no other run begins. */
export function waitingStep({ queuedAt, reasons }: WaitingRun): ExplanationStep {
  const detail = `The run of ${minute(queuedAt)} is held. No other run of the connection begins before somebody approves or rejects it. ${reasons.join(' ')}`;
  return { step: 'Held', passed: false, detail: detail.trim() };
}

/**
 * What is known about whether the whole run would be held. After a read of everybody, all reasons are known. After a
 * read of a few people, only `again` is: changes that would repeat what was taken back.
 */
export type HoldOutlook =
  | { of: 'everybody'; reasons: readonly string[] }
  | { of: 'few'; again: readonly { action: ChangeAction; count: number }[] };

/** Whether the whole run would be held; if only a few people were read, what can hold it. */
export function holdStep(outlook: HoldOutlook, removal: RemovalPolicy): ExplanationStep[] {
  const step = 'Held';
  if (outlook.of === 'everybody')
    return outlook.reasons.length === 0
      ? []
      : [{ step, passed: false, detail: `The run would be held: ${outlook.reasons.join(' ')}` }];
  const changes = outlook.again.map(({ action, count }) => `${count} ${action}`).join(', ');
  if (changes !== '')
    return [
      { step, passed: false, detail: `The run would be held: it would do again what was taken back: ${changes}.` },
    ];
  const limits = holdLimits(removal).join('; or when ');
  const detail = `Not known: only the people were read who decide about this one. The whole run is held when ${limits}. A preview reads everybody.`;
  return [{ step, passed: true, detail }];
}

function holdLimits({ maxPercent, maxCount, maxEmptiedPercent }: RemovalPolicy): string[] {
  const { mayGo, fewerThan } = smallConnection;
  const small = maxPercent === null ? ` (with fewer than ${fewerThan} contacts: more than ${mayGo})` : '';
  const limits = [`more than ${maxPercent ?? defaultMaxPercent} % of the people are newly gone${small}`];
  if (maxCount !== null) limits.push(`more than ${maxCount} people are newly gone`);
  if (maxEmptiedPercent !== null)
    limits.push(
      `more than ${maxEmptiedPercent} % of the contacts, and at least ${fewestEmptied}, would lose a field's value`,
    );
  return limits;
}
