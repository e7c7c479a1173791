/** One delivery of a run to a worker. Each delivery has its own id, because a run that lost its worker gets another job. */
export type RunJob = { id: string; workspaceId: string; runId: string };

/** The queue between the code that starts runs and the workers. */
export type RunQueue = {
  /**
   * Takes jobs, at most `concurrency` at a time. Workspaces with the fewest jobs under way in all processes come first, then the
   * oldest job. A job is kept alive while `work`'s promise is pending. `expired` aborts when the job has run for a day. `giveWay`
   * aborts when one workspace has long had all slots while another waited; then the run must wait again. If `work` rejects, the
   * queue gets the error, and the run gets another job after a few seconds unless it has ended. `stop` takes no more jobs and
   * resolves when the last promise has settled.
   */
  take(
    concurrency: number,
    work: (job: RunJob, signals: { expired: AbortSignal; giveWay: AbortSignal }) => Promise<void>,
  ): Promise<{ stop(): Promise<void> }>;
};

/** The reason with which a job's signal aborts when another workspace has waited long for a slot. The run goes back to the queue. */
export class GiveWay extends Error {
  constructor() {
    super('Another workspace waits for its turn; the run goes on later.');
    this.name = 'GiveWay';
  }
}
