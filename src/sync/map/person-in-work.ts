import type { ContactValues, Draft, TextField } from '../../core/contact.ts';
import type { AttributeValue } from '../../core/entry.ts';
import { addFinding, type Finding } from '../../core/quality.ts';
import type { LogCode } from '../../core/run.ts';
import type { TemplateBudget } from './template/template-budget.ts';
import type { TransformContext } from './transforms/transforms.ts';

/** For single fields whose winning attribute had several values: all of them. The draft has the first. */
export type Alternatives = { [field in TextField]?: string[] };

/** A person whose mapping has made a draft. */
export type MappedPerson = {
  kind: 'draft';
  draft: Draft;
  /** For the run log: what was left out of the draft and why, with attribute and value. */
  remarks: readonly string[];
  findings: readonly Finding[];
  /** Absent when no field had several values. A contact that already has one of them keeps it. */
  alternatives?: Alternatives;
};

/** The result of mapping one person: a draft, or why the person is skipped. */
export type MappingOutcome =
  | MappedPerson
  | { kind: 'problem'; code: LogCode; message: string; findings: readonly Finding[] };

/** One person while the steps of a compiled mapping fill the draft. */
export type PersonInWork = TransformContext & {
  readonly attributes: readonly AttributeValue[];
  readonly values: ContactValues;
  /** Shared by all templates of this person. */
  readonly budget: TemplateBudget;
  country: string | null;
  alternatives: Alternatives | undefined;
  remarks: string[] | undefined;
  /** The person's findings, for the people who keep the source. */
  findings: readonly Finding[];
  problem: { code: LogCode; message: string } | undefined;
  /** The number of the origin that the last step used, from 1; 0: none had a value. */
  winner: number;
};

/** Adds a remark for the run log. */
export function remark(person: PersonInWork, text: string): void {
  person.remarks ??= [];
  person.remarks.push(text);
}

/** Adds a finding for the people who keep the source. */
export function find(person: PersonInWork, kind: Finding['kind'], field: Finding['field'], message: string): void {
  person.findings = addFinding(person.findings, { kind, field, message });
}
