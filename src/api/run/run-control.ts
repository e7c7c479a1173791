import type { Actor } from '../../core/access.ts';
import { AppError } from '../../core/app-error.ts';
import type { RunRecord } from '../../core/records.ts';
import { StartRunMode } from '../../core/run.ts';
import type {
  ApproveRunOutcome,
  CancelRunOutcome,
  RejectRunOutcome,
  RevertRunOutcome,
  StartRunOutcome,
  StartRunRequest,
} from '../../core/runner-port.ts';
import type { UserError } from '../../core/user-error.ts';
import { notFound } from '../error/not-found.ts';

type Asked = { mode?: StartRunMode | null; dryRun?: boolean | null; review?: boolean | null };

/** Throws AppError BAD_USER_INPUT for `dryRun` with `review`, because a dry run never waits for a decision. */
export function startRequest({ mode, dryRun, review }: Asked, by: Actor): StartRunRequest {
  if (dryRun && review)
    throw new AppError('BAD_USER_INPUT', 'A dry run applies nothing, so there is nothing to review.');
  return { mode: mode ?? StartRunMode.AUTO, dryRun: dryRun ?? false, review: review ?? false, by };
}

export type StartAnswer = { run: RunRecord | null; alreadyRunning: boolean; userErrors: UserError[] };
type DecisionOutcome = CancelRunOutcome | ApproveRunOutcome | RejectRunOutcome | RevertRunOutcome;
export type DecisionAnswer = { run: RunRecord | null; userErrors: UserError[] };

/** Throws AppError NOT_FOUND for an unknown connection. */
export function startAnswer(outcome: StartRunOutcome): StartAnswer {
  if (outcome.kind === 'unknown') throw notFound('connection');
  if (outcome.kind === 'started') {
    return { run: outcome.run, alreadyRunning: outcome.alreadyRunning, userErrors: [] };
  }
  const message = 'This connection is a Draft: run it dry, or enable it first.';
  return {
    run: null,
    alreadyRunning: false,
    userErrors: [{ field: ['connectionId'], code: 'CONNECTION_IS_DRAFT', message }],
  };
}

type Refusal = Exclude<DecisionOutcome['kind'], 'done' | 'unknown'>;

const refusals: Record<Refusal, Omit<UserError, 'field'>> = {
  ended: { code: 'RUN_ENDED', message: 'This run has already ended.' },
  not_held: { code: 'RUN_NOT_HELD', message: 'This run is not waiting for a decision.' },
  outdated: {
    code: 'PLAN_OUTDATED',
    message: 'The connection has been edited since this plan was made. Reject the run and start another.',
  },
  not_ended: { code: 'RUN_NOT_ENDED', message: 'This run has not ended. Cancel it, or wait for its end.' },
  nothing: { code: 'NOTHING_TO_REVERT', message: 'This run has changed nothing, so there is nothing to take back.' },
  already: { code: 'ALREADY_REVERTED', message: 'All that this run has changed has been taken back already.' },
  history_gone: {
    code: 'HISTORY_GONE',
    message: 'The history of this run is no longer kept, so what it has changed is not known.',
  },
  busy: {
    code: 'RUN_IN_PROGRESS',
    message: 'Another run of the connection has not ended. Wait for its end, cancel it, or decide on its plan.',
  },
};

/** Throws AppError NOT_FOUND for an unknown run. */
export function decisionAnswer(outcome: DecisionOutcome): DecisionAnswer {
  if (outcome.kind === 'unknown') throw notFound('run');
  const run = 'run' in outcome ? outcome.run : null;
  return outcome.kind === 'done'
    ? { run, userErrors: [] }
    : { run, userErrors: [{ field: ['id'], ...refusals[outcome.kind] }] };
}
