import { isEnded, type LogLevel, type RunStatus } from '../../core/run.ts';
import type { FollowedLog } from '../../core/runner-port.ts';
import type { RunFeeds } from './run-feed.ts';

/**
 * A run's log for one follower, from the follower's position on: first the stored lines, then new ones. Resolves when
 * the run has been read. Ends when the signal aborts, or when its iterator returns.
 */
export async function followLog(
  feeds: RunFeeds,
  wanted: { workspaceId: string; runId: string; after: number; minLevel: LogLevel },
  signal: AbortSignal,
): Promise<FollowedLog> {
  const { feed, leave } = feeds.join(wanted.workspaceId, wanted.runId);
  signal.addEventListener('abort', leave, { once: true });
  try {
    await feed.view();
  } catch (error) {
    leave();
    throw error;
  }
  if (signal.aborted) leave();

  const log: FollowedLog = {
    get lastSeq() {
      return feed.known().run?.lastSeq ?? 0;
    },
    now(after, told) {
      const { run } = feed.known();
      if (run === null || signal.aborted) return 'over';
      if (after < run.lastSeq) return 'lines';
      if (!isEnded(run.status)) return 'nothing yet';
      return told === run.status ? 'over' : 'end';
    },
    async read(after) {
      const view = feed.known();
      if (view.run === null) throw new Error('A log was read of which there is no run.');
      const { lines, lastSeq } = await feed.lines(view, wanted.minLevel, after);
      return { runId: view.run.id, runStatus: view.run.status, lines, lastSeq };
    },
    whenChanged: feed.whenChanged,
    async *[Symbol.asyncIterator]() {
      try {
        let { after } = wanted;
        let told: RunStatus | null = null;
        for (;;) {
          const { version } = feed.known();
          const now = log.now(after, told);
          if (now === 'over') return;
          if (now === 'nothing yet') {
            await feed.viewAfter(version, signal);
            continue;
          }
          const batch = await log.read(after);
          after = batch.lastSeq;
          if (batch.lines.length === 0 && now === 'lines') continue;
          told = batch.runStatus;
          yield batch;
        }
      } finally {
        signal.removeEventListener('abort', leave);
        leave();
      }
    },
  };
  return log;
}
