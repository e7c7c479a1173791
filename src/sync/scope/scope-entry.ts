import type { Scope } from '../../core/connection.ts';
import type { Entry } from '../../core/directory.ts';
import type { ExclusionReason } from '../../core/run.ts';

/** In, or out and why. */
export type Scoped = { kind: 'in' } | { kind: 'out'; reason: ExclusionReason };

const isIn: Scoped = Object.freeze({ kind: 'in' });
const notAPerson: Scoped = Object.freeze({ kind: 'out', reason: 'NOT_A_PERSON' });
const disabled: Scoped = Object.freeze({ kind: 'out', reason: 'DISABLED' });
const notInGroup: Scoped = Object.freeze({ kind: 'out', reason: 'NOT_IN_GROUP' });

/**
 * Whether the scope lets somebody in whom the source has delivered, before they are mapped. Rules and filter have been
 * part of the search. Who is out for several reasons is counted under the first: not a person, disabled, in no group.
 */
export function scopeEntry(
  entry: Pick<Entry, 'disabled' | 'notAPerson' | 'inGroups'>,
  scope: Pick<Scope, 'includeDisabled'>,
): Scoped {
  if (entry.notAPerson) return notAPerson;
  if (entry.disabled && !scope.includeDisabled) return disabled;
  return entry.inGroups ? isIn : notInGroup;
}
