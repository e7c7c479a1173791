/**
 * Many viewers who follow the log of one run. Each opens a WebSocket before the run begins, like people who look at a
 * page of connections. Reports how many lines each viewer got.
 */
import { print } from 'graphql';
import { type Client, createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { FollowLogDocument, type FollowLogSubscription } from '../../schema/operations.generated.ts';

/** First the sockets are opened, then each viewer subscribes. */
type Task = { kind: 'open'; url: string; token: string; viewers: number } | { kind: 'follow'; runId: string };

/** Resolves when the server has acknowledged the connection. */
function open(url: string, token: string): Promise<Client> {
  return new Promise((resolve, reject) => {
    const client = createClient({
      url: `${url.replace(/^http/, 'ws')}/graphql`,
      webSocketImpl: WebSocket,
      connectionParams: { authorization: `Bearer ${token}` },
      retryAttempts: 0,
      lazy: false,
      onNonLazyError: reject,
      on: { connected: () => resolve(client) },
    });
  });
}

async function follow(client: Client, runId: string): Promise<{ lines: number; lastSeq: number }> {
  let lines = 0;
  let lastSeq = 0;
  const variables = { runId, after: 0 };
  for await (const { data } of client.iterate<FollowLogSubscription>({ query: print(FollowLogDocument), variables })) {
    lines += data?.runLog?.lines.length ?? 0;
    lastSeq = data?.runLog?.lastSeq ?? lastSeq;
  }
  return { lines, lastSeq };
}

let clients: Client[] = [];
process.on('message', async (task: Task) => {
  if (task.kind === 'open') {
    clients = await Promise.all(Array.from({ length: task.viewers }, () => open(task.url, task.token)));
    process.send?.('open');
  } else process.send?.(await Promise.all(clients.map((client) => follow(client, task.runId))));
});
process.send?.('ready');
