import type { RunCounts, RunPhase, RunStatus } from './run.ts';

/** The states of a run: every possible pair of status and phase. */
export const runStates = {
  queued: { status: 'QUEUED', phase: 'WAITING' },
  /** It gave its slot to another run while its plan was being applied. It continues there later. */
  interrupted: { status: 'QUEUED', phase: 'APPLYING' },
  connecting: { status: 'RUNNING', phase: 'CONNECTING' },
  reading: { status: 'RUNNING', phase: 'READING' },
  planning: { status: 'RUNNING', phase: 'PLANNING' },
  applying: { status: 'RUNNING', phase: 'APPLYING' },
  held: { status: 'HELD', phase: 'WAITING' },
  succeeded: { status: 'SUCCEEDED', phase: 'FINISHED' },
  partial: { status: 'PARTIAL', phase: 'FINISHED' },
  failed: { status: 'FAILED', phase: 'FINISHED' },
  cancelled: { status: 'CANCELLED', phase: 'FINISHED' },
  rejected: { status: 'REJECTED', phase: 'FINISHED' },
} as const satisfies Record<string, { status: RunStatus; phase: RunPhase }>;
export type RunState = keyof typeof runStates;

type Steps = Partial<Record<RunState, RunState>>;

/**
 * Which event moves a run from which state to which. A pair that is not in this table can't happen. A worker that takes over
 * another worker's run reads from the beginning, or continues applying. A plan that is lost while it is applied is read again.
 */
const steps = {
  TAKEN_TO_READ: {
    queued: 'connecting',
    interrupted: 'connecting',
    connecting: 'connecting',
    reading: 'connecting',
    planning: 'connecting',
    applying: 'connecting',
  },
  TAKEN_TO_APPLY: { queued: 'applying', interrupted: 'applying', applying: 'applying' },
  CONNECTED: { connecting: 'reading' },
  READ: { reading: 'planning' },
  CHECKED: { planning: 'applying' },
  HELD: { planning: 'held' },
  APPROVED: { held: 'queued' },
  REJECTED: { held: 'rejected' },
  GAVE_WAY: { connecting: 'queued', reading: 'queued', planning: 'queued', applying: 'interrupted' },
  /** A dry run ends with its plan. */
  SUCCEEDED: { planning: 'succeeded', applying: 'succeeded' },
  PARTLY_FAILED: { applying: 'partial' },
  FAILED: {
    queued: 'failed',
    interrupted: 'failed',
    connecting: 'failed',
    reading: 'failed',
    planning: 'failed',
    applying: 'failed',
  },
  CANCELLED: {
    queued: 'cancelled',
    interrupted: 'cancelled',
    connecting: 'cancelled',
    reading: 'cancelled',
    planning: 'cancelled',
    applying: 'cancelled',
    held: 'cancelled',
  },
} as const satisfies Record<string, Steps>;
export type RunEvent = keyof typeof steps;

export const runEvents = Object.keys(steps) as RunEvent[];

/** The pairs [from, to] of states between which the event moves a run. */
export function stepsOf(event: RunEvent): [RunState, RunState][] {
  return Object.entries(steps[event] satisfies Steps) as [RunState, RunState][];
}

/** The event that ends a run whose plan has been applied. */
export function endOfApplying({ failed }: RunCounts): RunEvent {
  return failed > 0 ? 'PARTLY_FAILED' : 'SUCCEEDED';
}

/** Whether the run's plan is complete: it waits for a decision, a person has decided on it, or it is being applied. */
export function isPlanComplete(run: { status: RunStatus; phase: RunPhase; decidedAt: Date | null }): boolean {
  return run.status === 'HELD' || run.phase === 'APPLYING' || run.decidedAt !== null;
}
