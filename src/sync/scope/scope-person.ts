import type { Scope } from '../../core/connection.ts';
import type { Draft } from '../../core/contact.ts';
import type { Entry } from '../../core/directory.ts';
import type { ExclusionReason } from '../../core/run.ts';
import type { CompiledRules } from './compile-rules.ts';

/** In, or out and why. */
export type Scoped = { kind: 'in' } | { kind: 'out'; reason: ExclusionReason };

const isIn: Scoped = Object.freeze({ kind: 'in' });
const notAPerson: Scoped = Object.freeze({ kind: 'out', reason: 'NOT_A_PERSON' });
const disabled: Scoped = Object.freeze({ kind: 'out', reason: 'DISABLED' });
const notInGroup: Scoped = Object.freeze({ kind: 'out', reason: 'NOT_IN_GROUP' });
const notByRules: Scoped = Object.freeze({ kind: 'out', reason: 'NOT_BY_RULES' });

/**
 * Whether the scope lets somebody in whom the source has delivered, before they are mapped. A person who is out for several
 * reasons is counted under the first: not a person, disabled, in no group, not by the rules. `rules` null: rules and filter have
 * been part of the search.
 */
export function scopeEntry(
  entry: Pick<Entry, 'disabled' | 'notAPerson' | 'inGroups' | 'attributes'>,
  scope: Pick<Scope, 'includeDisabled'>,
  rules: Pick<CompiledRules, 'meets'> | null,
): Scoped {
  if (entry.notAPerson) return notAPerson;
  if (entry.disabled && !scope.includeDisabled) return disabled;
  if (!entry.inGroups) return notInGroup;
  return rules === null || rules.meets(entry) ? isIn : notByRules;
}

const noEmail: Scoped = Object.freeze({ kind: 'out', reason: 'NO_EMAIL' });

/** Whether the scope lets a mapped person in: `requireEmail` asks for any email, primary or labeled. */
export function scopeDraft({ values }: Pick<Draft, 'values'>, scope: Pick<Scope, 'requireEmail'>): Scoped {
  return !scope.requireEmail || values.PRIMARY_EMAIL !== undefined || values.EMAIL !== undefined ? isIn : noEmail;
}
