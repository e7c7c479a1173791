import type { Actor } from '../../core/access.ts';
import type { NewLogLine, RunError } from '../../core/run.ts';

/** The last line of a cancelled run: who wanted it, and whether contacts were changed before. */
export const cancelledLine = (by: Actor | null, applied: boolean): NewLogLine => ({
  level: 'INFO',
  code: 'CANCELLED',
  message: `Cancelled${by === null ? '' : ` by ${by.name}`}. ${
    applied ? 'What had been applied until then stays.' : 'Nothing was applied.'
  }`,
});

/** The last line of a failed run: what happened, what to do, and whether contacts were changed before. */
export const failedLine = (error: RunError, applied: boolean): NewLogLine => ({
  level: 'ERROR',
  code: 'RUN_FAILED',
  message: [error.message, error.hint, applied ? 'What had been applied until then stays.' : 'No contact was changed.']
    .filter((part) => part !== null)
    .join(' '),
});
