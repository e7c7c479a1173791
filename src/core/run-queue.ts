/** One delivery of a run to a worker. Each delivery has an id of its own: a run that lost its worker gets another job. */
export type RunJob = { id: string; workspaceId: string; runId: string };

/** The queue between those who start runs and those who work on them. */
export type RunQueue = {
  /**
   * Takes jobs, at most `concurrency` at a time; of those that wait, one of a workspace with the fewest under way in all
   * processes, the oldest first. While `work`'s promise is open the job is kept alive; its
   * `expired` aborts when the job has been open for a day, its `giveWay` when all slots have long been one workspace's while
   * another waited: the run is to wait again. What it rejects with is told to the queue, and the run gets
   * another job after a few seconds if it has not ended. `stop` takes no further jobs and resolves when the last promise
   * has settled.
   */
  take(
    concurrency: number,
    work: (job: RunJob, signals: { expired: AbortSignal; giveWay: AbortSignal }) => Promise<void>,
  ): Promise<{ stop(): Promise<void> }>;
};

/** Why a job's signal aborts when another workspace has waited long for a slot: its run is to wait in the queue again. */
export class GiveWay extends Error {
  constructor() {
    super('Another workspace waits for its turn; the run goes on later.');
    this.name = 'GiveWay';
  }
}
