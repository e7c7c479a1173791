import { registerEnumType } from 'type-graphql';
import { RunMode, RunPhase, RunStatus, RunTrigger, StartRunMode } from '../../core/run.ts';

registerEnumType(RunStatus, {
  name: 'RunStatus',
  description: "A run's status. All but QUEUED, RUNNING and HELD mean that it has ended.",
  valuesConfig: {
    QUEUED: { description: 'Waiting for a worker.' },
    RUNNING: { description: 'A worker processes it.' },
    HELD: { description: 'The plan waits for `approveRun` or `rejectRun`; nothing is applied yet.' },
    SUCCEEDED: { description: 'Everybody was processed; each skipped person has a reason.' },
    PARTIAL: { description: 'Some people failed; all others were processed.' },
    FAILED: { description: 'The run could not be finished; `error` says why.' },
    CANCELLED: { description: 'Somebody stopped it; what was already applied stays.' },
    REJECTED: { description: 'Its plan was rejected; nothing was applied.' },
  },
});

registerEnumType(RunPhase, {
  name: 'RunPhase',
  description: 'What a run is doing.',
  valuesConfig: {
    WAITING: { description: 'Waiting for a worker or, when HELD, for a decision.' },
    CONNECTING: { description: 'Connecting to the source and signing in.' },
    READING: { description: 'Reading people from the source.' },
    PLANNING: { description: 'Working out what has to change.' },
    APPLYING: { description: 'Changing contacts.' },
    FINISHED: { description: 'The run has ended.' },
  },
});

registerEnumType(StartRunMode, {
  name: 'StartRunMode',
  description: 'How much of the source a run reads.',
  valuesConfig: {
    AUTO: { description: 'INCREMENTAL when that is safe, else FULL.' },
    FULL: { description: 'Everybody.' },
    INCREMENTAL: {
      description:
        'What has changed since the last run. FULL where that is impossible: after an edit of the connection, or if the source can not tell; the `modeReason` says why.',
    },
  },
});

registerEnumType(RunMode, {
  name: 'RunMode',
  description: 'How much of the source a run reads.',
  valuesConfig: {
    FULL: { description: 'Everybody.' },
    INCREMENTAL: {
      description: 'What has changed since the last run. People who are gone are found all the same.',
    },
    REVERT: { description: 'Nothing is read from the source: the run takes back what another run has changed.' },
  },
});

registerEnumType(RunTrigger, {
  name: 'RunTrigger',
  description: 'What started a run.',
  valuesConfig: {
    MANUAL: { description: 'Somebody called `startRun`.' },
    RUN_ALL: { description: 'Somebody called `startAllRuns`.' },
    SCHEDULE: { description: "The connection's schedule." },
    WATCH: { description: 'A change in the source of a connection that is `continuous`.' },
    REVERT: { description: 'Somebody called `revertRun`.' },
  },
});

export { RunMode, RunPhase, RunStatus, RunTrigger, StartRunMode };
