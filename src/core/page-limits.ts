import { AppError } from './app-error.ts';

/** The page size of a list: the largest one, and the default. */
export const pageOf = { largest: 200, usual: 50 } as const;
/** The same for a connection's runs. The default is small, because people usually want the newest ones. */
export const pageOfRuns = { largest: pageOf.largest, usual: 20 } as const;
/** The same for the lines of a run's log. */
export const pageOfLog = { largest: 1000, usual: 200 } as const;

export type PageLimits = { largest: number; usual: number };

/** Throws an AppError BAD_USER_INPUT unless `first` is a whole number from 1 to `largest`. */
export function checkFirst(first: number, { largest }: Pick<PageLimits, 'largest'> = pageOf): void {
  if (Number.isInteger(first) && first >= 1 && first <= largest) return;
  throw new AppError('BAD_USER_INPUT', `\`first\` takes 1 to ${largest}.`);
}
