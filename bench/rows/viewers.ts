/** A crowd that follows one run's log, each over a WebSocket of their own; tells how many lines each got. */
import { createApiClient } from '../../demo/api-client.ts';
import { FollowLogDocument } from '../../schema/operations.generated.ts';

type Task = { url: string; token: string; runId: string; viewers: number };

process.on('message', async ({ url, token, runId, viewers }: Task) => {
  const follow = async (): Promise<{ lines: number; lastSeq: number }> => {
    let lines = 0;
    let lastSeq = 0;
    for await (const { runLog } of createApiClient(url, token).follow(FollowLogDocument, { runId, after: 0 })) {
      lines += runLog?.lines.length ?? 0;
      lastSeq = runLog?.lastSeq ?? lastSeq;
    }
    return { lines, lastSeq };
  };
  process.send?.(await Promise.all(Array.from({ length: viewers }, follow)));
});
process.send?.('ready');
