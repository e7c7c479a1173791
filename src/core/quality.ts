import type { ContactField, FieldKey } from './contact.ts';

/**
 * The kinds of finding about a person in a source: what is wrong there, or what the people who keep the source should
 * know.
 */
export const QualityKind = {
  DUPLICATE_EMAIL: 'DUPLICATE_EMAIL',
  MALFORMED_EMAIL: 'MALFORMED_EMAIL',
  MISSING_VALUE: 'MISSING_VALUE',
  STRAY_SPACE: 'STRAY_SPACE',
  UNDECODABLE: 'UNDECODABLE',
  UNPARSABLE_PHONE: 'UNPARSABLE_PHONE',
  IN_TWO_CONNECTIONS: 'IN_TWO_CONNECTIONS',
} as const;
export type QualityKind = (typeof QualityKind)[keyof typeof QualityKind];

/** A finding about one person. `field`: the contact field that the value is for; null: the person as a whole. */
export type Finding = { kind: QualityKind; field: ContactField | null; message: string };

/** Of the people whom a read has mapped: how many there are, and how many of them have each field. */
export type FilledFields = { people: number; byKey: Readonly<Record<FieldKey, number>> };

/** A field that nearly everybody has. `message`: of the finding about a person who does not have it. */
export type UsualField = { key: FieldKey; field: ContactField; message: string };

/** A finding as a run shows it. `isNew`: the run before did not have it. */
export type FindingRecord = Finding & { person: string; personId: string | null; isNew: boolean };

/** How many findings of a kind there are. `before`: in the run before; null when there was none. */
export type FindingCount = { kind: QualityKind; count: number; before: number | null };

/** Findings kept for one person. */
const mostFindings = 20;

/** Adds a finding. A person has at most one of a kind for a field: the first. */
export function addFinding(findings: readonly Finding[], finding: Finding): readonly Finding[] {
  const isKnown = findings.some(({ kind, field }) => kind === finding.kind && field === finding.field);
  return isKnown || findings.length >= mostFindings ? findings : [...findings, finding];
}
