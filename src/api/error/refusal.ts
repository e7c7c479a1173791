import type { UserError } from '../../core/user-error.ts';

/** Thrown inside a change under a lock, so that it ends and saves nothing. */
class Refusal extends Error {
  readonly userErrors: UserError[];

  constructor(userErrors: UserError[]) {
    super('The change has mistakes.');
    this.userErrors = userErrors;
  }
}

/** Ends the change that calls this, if there are mistakes. */
export function refuse(userErrors: UserError[]): void {
  if (userErrors.length > 0) throw new Refusal(userErrors);
}

/** The result of a change, or the mistakes for which it was refused. */
export async function orRefused<Result>(
  change: Promise<Result>,
): Promise<{ result: Result } | { userErrors: UserError[] }> {
  try {
    return { result: await change };
  } catch (error) {
    if (error instanceof Refusal) return { userErrors: error.userErrors };
    throw error;
  }
}
