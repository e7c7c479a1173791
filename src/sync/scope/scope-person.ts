import type { Scope } from '../../core/connection.ts';
import type { Draft } from '../../core/contact.ts';
import type { Entry } from '../../core/entry.ts';
import type { ExclusionReason } from '../../core/run.ts';
import type { CompiledRules } from './compile-rules.ts';

/** Whether somebody is in scope. If not, `reason` says why. */
export type Scoped = { kind: 'in' } | { kind: 'out'; reason: ExclusionReason };

const isIn: Scoped = Object.freeze({ kind: 'in' });
const notAPerson: Scoped = Object.freeze({ kind: 'out', reason: 'NOT_A_PERSON' });
const disabled: Scoped = Object.freeze({ kind: 'out', reason: 'DISABLED' });
const notInGroup: Scoped = Object.freeze({ kind: 'out', reason: 'NOT_IN_GROUP' });
const notByRules: Scoped = Object.freeze({ kind: 'out', reason: 'NOT_BY_RULES' });

/**
 * Whether the scope lets in a delivered person, before the mapping. With several reasons against them the first counts: not a
 * person, disabled, in no group, excluded, not by the rules. `rules` is null where the source has applied rules and filter itself.
 */
export function scopeEntry(
  entry: Pick<Entry, 'disabled' | 'notAPerson' | 'inGroups' | 'excluded' | 'attributes'>,
  scope: Pick<Scope, 'includeDisabled'>,
  rules: Pick<CompiledRules, 'meets'> | null,
): Scoped {
  if (entry.notAPerson) return notAPerson;
  if (entry.disabled && !scope.includeDisabled) return disabled;
  if (!entry.inGroups) return notInGroup;
  if (entry.excluded !== null) return { kind: 'out', reason: entry.excluded };
  return rules === null || rules.meets(entry) ? isIn : notByRules;
}

const noEmail: Scoped = Object.freeze({ kind: 'out', reason: 'NO_EMAIL' });

/** Whether the scope lets in a mapped person: `requireEmail` needs any email, primary or labeled. */
export function scopeDraft({ values }: Pick<Draft, 'values'>, scope: Pick<Scope, 'requireEmail'>): Scoped {
  return !scope.requireEmail || values.PRIMARY_EMAIL !== undefined || values.EMAIL !== undefined ? isIn : noEmail;
}

/** Reasons that are in a person's entry. The others are about their groups or their place. */
const reasonsOfEntries: readonly ExclusionReason[] = ['NOT_A_PERSON', 'DISABLED', 'NOT_BY_RULES', 'NO_EMAIL'];

/**
 * Why a person with an unchanged entry is still left out. `now` is a reason outside the entry. Null: there may be no
 * reason any more. As above, the reasons "not a person" and "disabled" come first.
 */
export function stillOut(before: ExclusionReason, now: ExclusionReason | null): ExclusionReason | null {
  if (before === 'NOT_A_PERSON' || before === 'DISABLED') return before;
  return now ?? (reasonsOfEntries.includes(before) ? before : null);
}
