/** The channels on which transactions tell all processes, once they commit, to look again. */

/** Each transaction that changes a run or its log: `<workspace> <run> <connection or -> <changed or ended>`. */
export const RUN_CHANNEL = 'contact_sync_run';

/** A trigger, when Contact Sync is turned on or off in a workspace: its id. The first migration has the name, too. */
export const SWITCH_CHANNEL = 'contact_sync_switch';

/** Each transaction that queues a job. */
export const JOB_CHANNEL = 'contact_sync_job';
