import { registerEnumType } from 'type-graphql';
import { RunMode, RunPhase, RunStatus, RunTrigger, StartRunMode } from '../../core/run.ts';

registerEnumType(RunStatus, {
  name: 'RunStatus',
  description: 'How a run stands. Ended are all but QUEUED, RUNNING and HELD.',
  valuesConfig: {
    QUEUED: { description: 'Waiting for a worker.' },
    RUNNING: { description: 'A worker is on it.' },
    HELD: { description: 'The plan waits for approveRun or rejectRun, nothing is applied yet.' },
    SUCCEEDED: { description: 'Everybody was processed, the skipped ones with a reason.' },
    PARTIAL: { description: 'Some people failed, the rest are in.' },
    FAILED: { description: 'It could not be done; `error` says why.' },
    CANCELLED: { description: 'Somebody stopped it; what was applied before stays.' },
    REJECTED: { description: 'Its plan was rejected, nothing was applied.' },
  },
});

registerEnumType(RunPhase, {
  name: 'RunPhase',
  description: 'What a run is doing.',
  valuesConfig: {
    WAITING: { description: 'For a worker, or (HELD) for a decision.' },
    CONNECTING: { description: 'Reaching the source and signing in.' },
    READING: { description: 'Reading people.' },
    PLANNING: { description: 'Working out what is to change.' },
    APPLYING: { description: 'Changing contacts.' },
    FINISHED: { description: 'It has ended.' },
  },
});

registerEnumType(StartRunMode, {
  name: 'StartRunMode',
  description: 'How much of the source a run reads.',
  valuesConfig: {
    AUTO: { description: 'The least that is safe.' },
    FULL: { description: 'Everybody.' },
  },
});

registerEnumType(RunMode, {
  name: 'RunMode',
  description: 'How much of the source a run reads.',
  valuesConfig: {
    FULL: { description: 'Everybody.' },
    INCREMENTAL: { description: 'What has changed since the last run.' },
  },
});

registerEnumType(RunTrigger, {
  name: 'RunTrigger',
  description: 'What started a run.',
  valuesConfig: {
    MANUAL: { description: 'startRun.' },
    RUN_ALL: { description: 'startAllRuns.' },
    SCHEDULE: { description: "The connection's schedule." },
  },
});

export { RunMode, RunPhase, RunStatus, RunTrigger, StartRunMode };
