import { once } from 'node:events';
import { join } from 'node:path';
import { print } from 'graphql';
import { type Child, startChild, stopChild } from '../demo/child-process.ts';
import {
  ContactIdsDocument,
  ContactListDocument,
  CountedContactListDocument,
  ListedContactDocument,
} from '../schema/operations.generated.ts';
import type { LoadTask } from './rows/load.ts';
import type { Bench } from './service-runs.ts';

export const API_CONNECTIONS = 8;
/** Long enough for both servers to compile their hot code. */
const WARM_UP_MS = 3000;
const MEASURED_MS = 1500;

/** The most common requests: a page of fifty contacts, the same with the total count, one contact by its id. */
export type ApiQuestion = 'page' | 'count' | 'contact';

/** Answers per second. */
export type ApiRate = { bare: number; ours: number };

/** Sends the same requests to the bare server and to the service in turns, over eight connections. */
export async function timeApi(bench: Bench, databaseUrl: string): Promise<Record<ApiQuestion, ApiRate>> {
  const bare = await startRow('bare-server');
  const load = await startRow('load');
  try {
    const bareUrl: string = await told(bare, { databaseUrl, workspaceId: bench.workspaceId });
    const ids = await someIds(bench);
    const rate = (url: string, requests: string[]): Promise<number> => {
      const task: LoadTask = { url, requests, connections: API_CONNECTIONS, warmUpMs: WARM_UP_MS, ms: MEASURED_MS };
      return told(load, task);
    };
    const get = (path: string): string => `GET /${path} HTTP/1.1\r\nHost: bench\r\n\r\n`;
    const post = postTo(bench.token);
    const list = post(print(ContactListDocument), { first: 50 });
    const counted = post(print(CountedContactListDocument), { first: 50 });
    const one = ids.map((id) => post(print(ListedContactDocument), { id }));
    return {
      page: { bare: await rate(bareUrl, [get('page')]), ours: await rate(bench.url, [list]) },
      count: { bare: await rate(bareUrl, [get('count')]), ours: await rate(bench.url, [counted]) },
      contact: {
        bare: await rate(
          bareUrl,
          ids.map((id) => get(`contact/${id}`)),
        ),
        ours: await rate(bench.url, one),
      },
    };
  } finally {
    await stopChild(load);
    await stopChild(bare);
  }
}

async function startRow(name: string): Promise<Child> {
  const child = startChild([join(import.meta.dirname, `rows/${name}.ts`)]);
  await once(child.process, 'message');
  return child;
}

async function told(child: Child, task: object) {
  const failed = child.ended.then((code) => Promise.reject(new Error(`A row of the benchmarks ended with ${code}.`)));
  failed.catch(() => {});
  const answered = once(child.process, 'message');
  child.process.send(task);
  const [answer] = await Promise.race([answered, failed]);
  return answer;
}

async function someIds({ api }: Bench): Promise<string[]> {
  const page = await api.ask(ContactIdsDocument, { first: 200 });
  return page.contacts?.nodes.map(({ id }) => id) ?? [];
}

function postTo(token: string) {
  return (query: string, variables: object): string => {
    const body = JSON.stringify({ query, variables });
    const head = [
      'POST /graphql HTTP/1.1',
      'Host: bench',
      `Authorization: Bearer ${token}`,
      'Content-Type: application/json',
      `Content-Length: ${Buffer.byteLength(body)}`,
    ];
    return `${head.join('\r\n')}\r\n\r\n${body}`;
  };
}
