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
import { type FieldVerdict, judgeField, type MergeInput, mergeContact } from './merge.ts';
import * as sentences from './sentences.ts';

/** The settings of a connection that decisions depend on. */
export type PlanSettings = { mappings: readonly FieldMapping[]; matchBy: MatchBy; rank: Rank };

/** The facts about an address that nobody else has or claims. */
export const freeAddress: AddressFacts = { holder: null, heir: null, claimants: 1 };

/**
 * Decides about one staged person. Pure. A decision can depend on another change of the same plan that frees an address. That is
 * settled when all people are decided.
 */
export function planPerson(question: Question, settings: PlanSettings): Decision {
  return question.linked === null ? planNewcomer(question, settings) : planLinked(question, question.linked, settings);
}

function planLinked(question: Question, contact: CandidateContact, settings: PlanSettings): Decision {
  // portalAccessBefore is set by a removal only. A contact that people have made inactive stays inactive.
  const returns =
    contact.status === 'INACTIVE' &&
    (contact.own === null || hasLost(contact.own)) &&
    contact.portalAccessBefore !== null;
  const current = returns ? withPortalAccess(contact) : contact.values;
  const after = merge(question, contact, current, settings);
  const found = foundContact(contact, contact.own?.recheck ?? contact.othersRecheck);
  if (!returns && contact.own !== null && sameValues(contact.values, after))
    return { kind: 'asBefore', contact: found };
  const kind = returns ? 'reactivate' : contact.own === null ? 'link' : 'update';
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
  question: Question,
  contact: CandidateContact,
  current: ContactValues,
  settings: PlanSettings,
): ContactValues {
  return mergeContact(mergeInput(question, contact, current, settings));
}

function mergeInput(
  { values, alternatives, fills }: Question,
  contact: CandidateContact,
  current: ContactValues,
  { mappings, rank }: PlanSettings,
): MergeInput {
  return {
    current,
    draft: values,
    alternatives,
    mappings,
    lockedFields: contact.lockedFields,
    rank,
    fillsBefore: contact.own?.fills ?? {},
    fills,
    others: contact.others,
  };
}

/** The merge's verdict on each mapped field of the person's contact. Empty for a person who has no contact. */
export function judgeFields(
  question: Question,
  settings: PlanSettings,
): { mapping: FieldMapping; verdict: FieldVerdict }[] {
  const contact = question.linked ?? question.holder;
  if (contact === null) return [];
  const input = mergeInput(question, contact, contact.values, settings);
  return settings.mappings.map((mapping) => ({ mapping, verdict: judgeField(input, mapping) }));
}

/** The locked fields to which the person would bring another value. */
export function keptByLock(question: Question, settings: PlanSettings): ContactField[] {
  const { linked, holder } = question;
  const contact = linked ?? holder;
  if (contact === null || contact.lockedFields.length === 0) return [];
  const unlocked = merge(question, { ...contact, lockedFields: [] }, contact.values, settings);
  return contact.lockedFields.filter((field) => !sameValue(contact.values[field], unlocked[field]));
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

/** Whether the contact has lost its person. The person can come back, or somebody else with the address can take over. */
function hasLost({ absence }: NonNullable<CandidateContact['own']>): boolean {
  return absence === 'before' || absence === 'stays';
}

function addressOf(values: ContactValues): string | null {
  return values.PRIMARY_EMAIL?.toLowerCase() ?? null;
}

/** Whether the person can have their address. If another contact holds it, they wait for it or are skipped. */
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

/** The person's claim to an address that others in the same read may claim as well. `before`: the values of their contact. */
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

/** The person's contact; without one, the name that it would have got. */
export function contactOf({ linked, values }: Question): Pick<Skip, 'contactId' | 'contactName'> {
  return {
    contactId: linked?.id ?? null,
    contactName: (linked?.values ?? values).DISPLAY_NAME ?? null,
  };
}

/** The skip of a person whose address somebody else has or claims. */
export function leftAlone({ contactId, contactName }: Pick<Skip, 'contactId' | 'contactName'>, reason: string): Skip {
  return { kind: 'skip', contactId, contactName, code: 'DUPLICATE_EMAIL', reason };
}

const allFields = Object.values(ContactField);

/** Whether two contacts have the same values. A missing flag is off. */
export function sameValues(a: ContactValues, b: ContactValues): boolean {
  return allFields.every((field) => sameValue(a[field], b[field]));
}

function sameValue(a: ContactValues[ContactField] = false, b: ContactValues[ContactField] = false): boolean {
  return typeof a === 'object' || typeof b === 'object' ? JSON.stringify(a) === JSON.stringify(b) : a === b;
}
