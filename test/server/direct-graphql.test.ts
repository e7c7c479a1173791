import { once } from 'node:events';
import { type IncomingHttpHeaders, request } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startApi, type TestApi } from '../support/api.ts';

let api: TestApi;

beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.close());

type Told = { status: number | undefined; headers: IncomingHttpHeaders; body: string };

/** Posts a body in pieces. If its length is sent, it takes the direct route; otherwise it goes through Express. */
async function post(body: Buffer, way: 'direct' | 'express', token: string | null): Promise<Told> {
  const length = way === 'direct' ? { 'content-length': body.length } : { 'transfer-encoding': 'chunked' };
  const authorization = token === null ? {} : { authorization: `Bearer ${token}` };
  const sent = request(`${api.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...length, ...authorization },
  });
  sent.on('error', () => {});
  const answered = once(sent, 'response');
  const middle = Math.floor(body.length / 2);
  sent.write(body.subarray(0, middle));
  sent.end(body.subarray(middle));
  const [response] = await answered;
  let text = '';
  for await (const piece of response) text += String(piece);
  const { date: _date, etag: _etag, ...headers } = response.headers;
  return { status: response.statusCode, headers, body: text };
}

describe('a body of known length gets the same answer as one in chunks', () => {
  test.each<[string, string | Buffer]>([
    ['a query', '{"query":"{ viewer { id } }"}'],
    ['a query with other things beside it', '{"query":"{ viewer { id } }","operationName":null,"extensions":{"a":1}}'],
    ['one of two operations', '{"query":"query A { viewer { id } } query B { a: viewer { id } }","operationName":"B"}'],
    ['no operation of that name', '{"query":"query A { viewer { id } }","operationName":"B"}'],
    ['a query that is wrong', '{"query":"{ nothing }"}'],
    ['a query that fails', '{"query":"{ contacts(first: -1) { nodes { id } } }"}'],
    ['variables that are wrong', '{"query":"query ($id: ID!) { contact(id: $id) { id } }","variables":{"id":[]}}'],
    ['variables that are a list', '{"query":"{ viewer { id } }","variables":[]}'],
    ['an operation name that is a number', '{"query":"{ viewer { id } }","operationName":5}'],
    ['a subscription', '{"query":"subscription { runsChanged { id } }"}'],
    ['an empty query', '{"query":""}'],
    ['no query', '{}'],
    ['a list of queries', '[{"query":"{ viewer { id } }"}]'],
    ['a number', '5'],
    ['null', 'null'],
    ['half an object', '{"query":"{ viewer { id } }"'],
    ['white space', '  '],
    ['a byte order mark', '\uFEFF{"query":"{ viewer { id } }"}'],
    ['a character cut into two pieces', '{"query":"{ ä"}'],
    [
      'bytes that are no UTF-8',
      Buffer.concat([Buffer.from('{"query":"{ viewer { id } } #'), Buffer.from([0xff, 0x22, 0x7d])]),
    ],
    ['lists within lists', `{"query":"{ viewer { id } }","variables":{"a":${'['.repeat(64)}${']'.repeat(64)}}}`],
  ])('%s', async (_what, text) => {
    const body = Buffer.from(text as string);
    expect(await post(body, 'direct', api.token)).toEqual(await post(body, 'express', api.token));
  });

  test.each([null, 'nonsense', 'a.b.c'])('with the token %s, which is refused', async (token) => {
    const body = Buffer.from('{"query":"{ viewer { id } }"}');
    const direct = await post(body, 'direct', token);
    expect(direct).toMatchObject({ status: 401, headers: { connection: 'close' } });
    expect(direct).toEqual(await post(body, 'express', token));
  });
});
