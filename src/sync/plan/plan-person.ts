import type { FieldMapping, MatchBy } from '../../core/connection.ts';
import { ContactField, type ContactValues } from '../../core/contact.ts';
import type { LogCode } from '../../core/run.ts';
import type { CandidateContact, Decision, Question, Rank } from '../../core/sync-store.ts';
import { mergeContact } from './merge.ts';

export type PlanSettings = { mappings: readonly FieldMapping[]; matchBy: MatchBy; rank: Rank };

/**
 * What becomes of one staged person who is linked already, or whose address somebody has or claims. Pure. A decision may
 * wait for an address that another change of the same plan frees; whether it does is seen when all are decided.
 */
export const planPerson = (question: Question, settings: PlanSettings): Decision =>
  question.linked === null ? planNewcomer(question, settings) : planLinked(question, question.linked, settings);

const planLinked = (question: Question, contact: CandidateContact, settings: PlanSettings): Decision => {
  // Who was made inactive by hand lost no portal access to a removal, and stays inactive.
  const returns = contact.status === 'INACTIVE' && contact.own?.gone === true && contact.portalAccessBefore !== null;
  const current = returns ? withPortalAccess(contact) : contact.values;
  const after = merge(question, contact, current, settings);
  const gainsAddress = returns || (contact.status === 'ACTIVE' && addressOf(after) !== addressOf(contact.values));
  const contested = gainsAddress ? conflict(question, after) : null;
  const claims = gainsAddress ? claim(question, after, contact.values) : null;
  if (contested?.kind === 'refused') return skip(question, contact, contested, claims);
  const action = returns ? 'REACTIVATE' : sameValues(contact.values, after) ? 'NONE' : 'UPDATE';
  return {
    ...change(question, action, contact, after),
    waitsFor: contested?.kind === 'waits' ? contested : null,
    claims,
  };
};

const planNewcomer = (question: Question, settings: PlanSettings): Decision => {
  const { holder } = question;
  if (holder !== null && settings.matchBy === 'PRIMARY_EMAIL' && (holder.own === null || holder.own.gone))
    return link(question, holder, settings);
  const contested = conflict(question, question.values);
  const claims = claim(question, question.values, {});
  if (contested?.kind === 'refused') return skip(question, null, contested, claims);
  return {
    ...blank(question),
    action: 'CREATE',
    after: question.values,
    waitsFor: contested,
    claims,
  };
};

const link = (question: Question, holder: CandidateContact, settings: PlanSettings): Decision => ({
  ...change(question, 'LINK', holder, merge(question, holder, holder.values, settings)),
  takesOver:
    holder.own === null ? null : { contactId: holder.id, skipReason: taken(question, question.values, holder) },
  claims: claim(question, question.values, {}),
});

const merge = (
  { values, alternatives, fills }: Question,
  contact: CandidateContact,
  current: ContactValues,
  { mappings, rank }: PlanSettings,
): ContactValues =>
  mergeContact({
    current,
    draft: values,
    alternatives,
    mappings,
    lockedFields: contact.lockedFields,
    rank,
    fillsBefore: contact.own?.fills ?? {},
    fills,
    others: contact.others,
  });

const withPortalAccess = ({ values, portalAccessBefore }: CandidateContact): ContactValues =>
  portalAccessBefore ? { ...values, PORTAL_ACCESS: true } : values;

const addressOf = (values: ContactValues): string | null => values.PRIMARY_EMAIL?.toLowerCase() ?? null;

type Contested =
  | { kind: 'refused'; code: LogCode; reason: string }
  | { kind: 'waits'; contactId: string; skipReason: string };

/** Whether the address that the person would get is somebody else's. */
const conflict = (question: Question, after: ContactValues): Contested | null => {
  const address = addressOf(after);
  if (address === null) return null;
  const isDraft = address === addressOf(question.values);
  const isOwn = question.linked !== null && address === addressOf(question.linked.values);
  const holder = isDraft ? question.holder : isOwn ? question.heir : null;
  if (holder === null) return null;
  const reason = taken(question, after, holder);
  if (holder.own === null) return { kind: 'refused', code: 'EMAIL_TAKEN', reason };
  return { kind: 'waits', contactId: holder.id, skipReason: reason };
};

/** What the person would get that somebody else of the same read may get, too. `before`: what their contact had. */
const claim = (
  { shared, person }: Question,
  { PRIMARY_EMAIL: address }: ContactValues,
  before: ContactValues,
): Decision['claims'] =>
  shared && address !== undefined ? { person, address, keeps: addressOf(before) === address.toLowerCase() } : null;

const taken = ({ person }: Question, { PRIMARY_EMAIL }: ContactValues, holder: CandidateContact): string => {
  const whose =
    holder.own === null
      ? `contact ${holder.values.DISPLAY_NAME} (${holder.id})`
      : `contact ${holder.values.DISPLAY_NAME}, who is ${holder.own.person}`;
  return `The address ${PRIMARY_EMAIL} of ${person} belongs to ${whose}.`;
};

const blank = ({ position }: Question): Decision => ({
  position,
  action: 'NONE',
  contactId: null,
  contactVersion: null,
  linkRecheck: null,
  contactName: null,
  before: null,
  after: null,
  code: null,
  reason: null,
  waitsFor: null,
  takesOver: null,
  claims: null,
});

const change = (
  question: Question,
  action: Decision['action'],
  contact: CandidateContact,
  after: ContactValues,
): Decision => ({
  ...blank(question),
  action,
  contactId: contact.id,
  contactVersion: contact.version,
  linkRecheck: action === 'LINK' ? contact.othersRecheck : (contact.own?.recheck ?? null),
  contactName: after.DISPLAY_NAME ?? null,
  before: contact.values,
  after,
});

const skip = (
  question: Question,
  contact: CandidateContact | null,
  { code, reason }: { code: LogCode; reason: string },
  claims: Decision['claims'],
): Decision => ({
  ...blank(question),
  action: 'SKIP',
  contactId: contact?.id ?? null,
  contactName: contact?.values.DISPLAY_NAME ?? question.values.DISPLAY_NAME ?? question.person,
  code,
  reason,
  claims,
});

const allFields = Object.values(ContactField);

/** Whether two contacts say the same; a flag that is absent is off. */
export const sameValues = (a: ContactValues, b: ContactValues): boolean =>
  allFields.every((field) => {
    const [x, y] = [a[field] ?? false, b[field] ?? false];
    return typeof x === 'object' || typeof y === 'object' ? JSON.stringify(x) === JSON.stringify(y) : x === y;
  });
