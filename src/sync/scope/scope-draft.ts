import type { Scope } from '../../core/connection.ts';
import type { Draft } from '../../core/contact.ts';
import type { Scoped } from './scope-entry.ts';

const isIn: Scoped = Object.freeze({ kind: 'in' });
const noEmail: Scoped = Object.freeze({ kind: 'out', reason: 'NO_EMAIL' });

/** Whether the scope lets a mapped person in: `requireEmail` asks for any email, primary or labeled. */
export function scopeDraft({ values }: Pick<Draft, 'values'>, scope: Pick<Scope, 'requireEmail'>): Scoped {
  return !scope.requireEmail || values.PRIMARY_EMAIL !== undefined || values.EMAIL !== undefined ? isIn : noEmail;
}
