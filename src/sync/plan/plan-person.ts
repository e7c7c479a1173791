import type { FieldMapping, MatchBy } from '../../core/connection.ts';
import { ContactField, type ContactValues } from '../../core/contact.ts';
import type {
  AddressFacts,
  CandidateContact,
  Claim,
  Condition,
  Decision,
  FoundContact,
  Question,
  Rank,
  Skip,
} from '../../core/plan.ts';
import { mergeContact } from './merge.ts';
import * as sentences from './sentences.ts';

export type PlanSettings = { mappings: readonly FieldMapping[]; matchBy: MatchBy; rank: Rank };

/** The facts of an address that nobody else has or may get. */
export const freeAddress: AddressFacts = { holder: null, heir: null, claimants: 1 };

/**
 * What becomes of one staged person. Pure. A decision may wait for an address that another change of the same plan frees;
 * whether it does is seen when all are decided.
 */
export function planPerson(question: Question, settings: PlanSettings): Decision {
  return question.linked === null ? planNewcomer(question, settings) : planLinked(question, question.linked, settings);
}

function planLinked(question: Question, contact: CandidateContact, settings: PlanSettings): Decision {
  // Who was made inactive by hand lost no portal access to a removal, and stays inactive.
  const returns =
    contact.status === 'INACTIVE' &&
    contact.own !== null &&
    hasLost(contact.own) &&
    contact.portalAccessBefore !== null;
  const current = returns ? withPortalAccess(contact) : contact.values;
  const after = merge(question, contact, current, settings);
  const found = foundContact(contact, contact.own?.recheck ?? 0);
  if (!returns && sameValues(contact.values, after)) return { kind: 'asBefore', contact: found };
  const kind = returns ? 'reactivate' : 'update';
  const gainsAddress = returns || (contact.status === 'ACTIVE' && addressOf(after) !== addressOf(contact.values));
  if (!gainsAddress) return { kind, contact: found, after, onlyIf: { kind: 'none' }, claim: null };
  const claim = claimOf(question, after, contact.values);
  const verdict = judgeAddress(question, after);
  return verdict.kind === 'skip' ? { ...verdict, claim } : { kind, contact: found, after, onlyIf: verdict, claim };
}

function planNewcomer(question: Question, settings: PlanSettings): Decision {
  const { holder, values } = question;
  const claim = claimOf(question, values, {});
  if (holder !== null && settings.matchBy === 'PRIMARY_EMAIL' && (holder.own === null || hasLost(holder.own)))
    return link(question, holder, claim, settings);
  const verdict = judgeAddress(question, values);
  return verdict.kind === 'skip' ? { ...verdict, claim } : { kind: 'create', after: values, onlyIf: verdict, claim };
}

function link(question: Question, holder: CandidateContact, claim: Claim | null, settings: PlanSettings): Decision {
  return {
    kind: 'link',
    contact: foundContact(holder, holder.othersRecheck),
    after: merge(question, holder, holder.values, settings),
    onlyIf:
      holder.own === null
        ? { kind: 'none' }
        : { kind: 'contactLost', contactId: holder.id, otherwise: addressTaken(question, question.values, holder) },
    claim,
  };
}

function merge(
  { values, alternatives, fills }: Question,
  contact: CandidateContact,
  current: ContactValues,
  { mappings, rank }: PlanSettings,
): ContactValues {
  return mergeContact({
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
}

function withPortalAccess({ values, portalAccessBefore }: CandidateContact): ContactValues {
  return portalAccessBefore ? { ...values, PORTAL_ACCESS: true } : values;
}

function foundContact({ id, version, values }: CandidateContact, recheck: number): FoundContact {
  return {
    id,
    version,
    recheck,
    values,
  };
}

/** Whether the contact stands without its person: it may be theirs again, or somebody else's with the address. */
function hasLost({ absence }: NonNullable<CandidateContact['own']>): boolean {
  return absence === 'before' || absence === 'stays';
}

function addressOf(values: ContactValues): string | null {
  return values.PRIMARY_EMAIL?.toLowerCase() ?? null;
}

/** Whether the address that the person would get is somebody else's: then they wait for it, or are skipped. */
function judgeAddress(question: Question, after: ContactValues): Condition | Skip {
  const address = addressOf(after);
  if (address === null) return { kind: 'none' };
  const isDraft = address === addressOf(question.values);
  const isOwn = question.linked !== null && address === addressOf(question.linked.values);
  const holder = isDraft ? question.holder : isOwn ? question.heir : null;
  if (holder === null) return { kind: 'none' };
  const skip = addressTaken(question, after, holder);
  if (holder.own === null) return { ...skip, code: 'EMAIL_TAKEN' };
  return { kind: 'addressFreed', contactId: holder.id, otherwise: skip };
}

/** What the person would get that somebody else of the same read may get, too. `before`: what their contact had. */
function claimOf(
  { claimants }: Question,
  { PRIMARY_EMAIL: address }: ContactValues,
  before: ContactValues,
): Claim | null {
  return claimants > 1 && address !== undefined
    ? { address, keeps: addressOf(before) === address.toLowerCase() }
    : null;
}

function addressTaken(question: Question, { PRIMARY_EMAIL }: ContactValues, holder: CandidateContact): Skip {
  const name = holder.values.DISPLAY_NAME ?? '';
  const whose =
    holder.own === null ? sentences.aContact(name, holder.id) : sentences.contactOf(name, holder.own.person);
  return leftAlone(contactOf(question), sentences.taken(PRIMARY_EMAIL ?? '', question.person, whose));
}

/** The contact that the person has, or the name under which they would have got one. */
export function contactOf({ linked, values }: Question): Pick<Skip, 'contactId' | 'contactName'> {
  return {
    contactId: linked?.id ?? null,
    contactName: (linked?.values ?? values).DISPLAY_NAME ?? null,
  };
}

/** Somebody is left alone because somebody else has, or claims, the address. */
export function leftAlone({ contactId, contactName }: Pick<Skip, 'contactId' | 'contactName'>, reason: string): Skip {
  return { kind: 'skip', contactId, contactName, code: 'DUPLICATE_EMAIL', reason };
}

const allFields = Object.values(ContactField);

/** Whether two contacts say the same; a flag that is absent is off. */
export function sameValues(a: ContactValues, b: ContactValues): boolean {
  return allFields.every((field) => {
    const [x, y] = [a[field] ?? false, b[field] ?? false];
    return typeof x === 'object' || typeof y === 'object' ? JSON.stringify(x) === JSON.stringify(y) : x === y;
  });
}
