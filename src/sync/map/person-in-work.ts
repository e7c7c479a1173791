import type { ContactValues } from '../../core/contact.ts';
import type { AttributeValue } from '../../core/directory.ts';
import type { LogCode } from '../../core/run.ts';
import type { Alternatives } from './mapping-outcome.ts';
import type { TemplateBudget } from './template/template-budget.ts';
import type { TransformContext } from './transforms/transform-value.ts';

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
