import type { ContactValues, Draft, TextField } from '../../core/contact.ts';
import type { AttributeValue } from '../../core/directory.ts';
import type { LogCode } from '../../core/run.ts';
import type { TemplateBudget } from './template/template-budget.ts';
import type { TransformContext } from './transforms/transforms.ts';

/** The candidates of single fields whose winning attribute had several values; the first is the one in the draft. */
export type Alternatives = { [field in TextField]?: string[] };

/** A person whom the mapping could turn into a draft. */
export type MappedPerson = {
  kind: 'draft';
  draft: Draft;
  /** What was left out of the draft and why, naming attribute and value; for the run log. */
  remarks: readonly string[];
  /** Absent when no single field had a choice. A contact that has one of the candidates already keeps it. */
  alternatives?: Alternatives;
};

/** What the mapping made of one person: a draft, or the reason why the person is skipped. */
export type MappingOutcome = MappedPerson | { kind: 'problem'; code: LogCode; message: string };

/** One person while the steps of a compiled mapping fill the draft, step after step. */
export type PersonInWork = TransformContext & {
  readonly attributes: readonly AttributeValue[];
  readonly values: ContactValues;
  /** What the person's templates may still take together. */
  readonly budget: TemplateBudget;
  country: string | null;
  alternatives: Alternatives | undefined;
  remarks: string[] | undefined;
  problem: { code: LogCode; message: string } | undefined;
  /** Which of the last source's origins won, counted from 1; 0: none. */
  winner: number;
};

export function remark(person: PersonInWork, text: string): void {
  person.remarks ??= [];
  person.remarks.push(text);
}
