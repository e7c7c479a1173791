import type { Actor } from '../../core/access.ts';
import { AppError } from '../../core/app-error.ts';
import { StartRunMode } from '../../core/run.ts';
import type { StartRunRequest } from '../../core/runner-port.ts';

type Asked = { mode?: StartRunMode | null; dryRun?: boolean | null; review?: boolean | null };

/** AppError BAD_USER_INPUT for `dryRun` with `review`: a dry run never waits for anybody. */
export function startRequest({ mode, dryRun, review }: Asked, by: Actor): StartRunRequest {
  if (dryRun && review)
    throw new AppError('BAD_USER_INPUT', 'A dry run applies nothing, so there is nothing to review.');
  return { mode: mode ?? StartRunMode.AUTO, dryRun: dryRun ?? false, review: review ?? false, by };
}
