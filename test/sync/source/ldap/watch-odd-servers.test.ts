import { once } from 'node:events';
import type { Socket } from 'node:net';
import { afterEach, describe, expect, test } from '@jest/globals';
import {
  done,
  entry,
  type FakeResult,
  type FakeServer,
  farewell,
  intermediate,
  startFakeServer,
} from '../../../support/ldap-fake-server.ts';
import { startWatch, type TestWatch, type WatchOptions } from '../../../support/watching.ts';

const paging = '1.2.840.113556.1.4.319';
const persistent = '2.16.840.1.113730.3.4.3';
const contentSync = '1.3.6.1.4.1.4203.1.9.1.1';
const syncInfo = '1.3.6.1.4.1.4203.1.9.1.4';
const base = 'dc=example,dc=org';

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

type Kept = { id: number; socket: Socket };
type Odd = {
  offers: string[];
  /** The answer to searches that ask to be kept open. Left out: they are kept open. */
  refuses?: FakeResult;
  /** The times of the entries that other searches find. */
  times?: (string | null)[];
};

/** A server that accepts searches to be kept open, and the searches that it has open. */
async function start({ offers, refuses, times = ['20260101000000Z'] }: Odd) {
  const opened = Promise.withResolvers<Kept>();
  const server: FakeServer = await startFakeServer({
    rootDse: { supportedControl: [paging, ...offers], namingContexts: [base] },
    search: ({ id, filter }) => {
      const all = filter.kind !== 'and';
      const shown = all
        ? times.map((time, nth) => entry(id, `uid=${nth},${base}`, time === null ? {} : { modifyTimestamp: time }))
        : [];
      return [...shown, done(id, { cookie: '' })];
    },
    takeOver: (kind, id, socket, search) => {
      if (kind !== 'search' || search === undefined || search.controls.includes(paging)) return false;
      if (refuses !== undefined) socket.write(done(id, refuses));
      else opened.resolve({ id, socket });
      return true;
    },
  });
  closing.push(() => server.close());
  return { server, opened: opened.promise };
}

function watch(server: FakeServer, options: WatchOptions = {}): TestWatch {
  const watching = startWatch(server, options);
  closing.push(() => watching.stop());
  return watching;
}

describe('a watch of an odd server', () => {
  test.each([
    ['12 (not there after all)', { code: 12 }],
    ['50 (no right)', { code: 50 }],
    ['53 (unwilling)', { code: 53 }],
    ['0 (does not keep it open)', { code: 0 }],
  ])('polls if searches to be kept open end with result %s', async (_, refuses) => {
    const { server } = await start({ offers: [persistent, contentSync], refuses });
    const watching = watch(server, { times: { askEveryMs: 10, restFactor: 0 } });
    await watching.listening;
    const kept = server.searches.filter(({ controls }) => controls.some((oid) => oid !== paging));
    expect(kept.map(({ controls }) => controls)).toEqual([[persistent], [contentSync]]);
    const asked = server.searches.length;
    while (server.searches.length < asked + 3) await new Promise(setImmediate);
    expect(watching.told).toBe(0);
  });

  test('does not try another way with a busy server', async () => {
    const { server } = await start({ offers: [persistent], refuses: { code: 51 } });
    expect(await watch(server).ended).toMatchObject({ code: 'SERVER_BUSY' });
  });

  test("says that a server that shows no times can't be watched", async () => {
    const { server } = await start({ offers: [], times: [null, null] });
    expect(await watch(server).ended).toMatchObject({ code: 'WATCH_NOT_POSSIBLE' });
  });

  test('handles 100,000 changes at once, keeps none of them, and continues', async () => {
    const { server, opened } = await start({ offers: [persistent] });
    const watching = watch(server, { times: { checkEveryMs: 10 } });
    const { id, socket } = await opened;
    await watching.listening;
    const many = Buffer.concat(Array.from({ length: 1000 }, (_, nth) => entry(id, `uid=${nth},${base}`, {})));
    for (let nth = 0; nth < 100; nth++) if (!socket.write(many)) await once(socket, 'drain');
    while (watching.told < 100_000) await new Promise(setImmediate);
    const asked = server.searches.length;
    while (server.searches.length < asked + 2) await new Promise(setImmediate);
    const change = watching.change();
    socket.write(entry(id, `uid=last,${base}`, {}));
    await change;
  });

  test.each<[string, string, (id: number) => Buffer]>([
    ['a message of 2 MB', 'INVALID_RESPONSE', (id) => entry(id, base, { cn: Buffer.alloc(2 * 1024 * 1024, 'x') })],
    ['a message that is announced with 1 GB', 'INVALID_RESPONSE', () => Buffer.from([0x30, 0x84, 0x40, 0, 0, 0])],
    ['bytes that are no LDAP', 'INVALID_RESPONSE', () => Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n')],
    ['the notice that it is shutting down', 'SERVER_BUSY', () => farewell({ code: 52, message: 'bye' })],
    ['the end of the search', 'CONNECTION_LOST', (id) => done(id, { code: 4096, message: 'refresh required' })],
    ['the end of the search, without an error', 'CONNECTION_LOST', (id) => done(id)],
  ])('breaks when the server sends %s', async (_, code, bytes) => {
    const { server, opened } = await start({ offers: [persistent] });
    const watching = watch(server);
    const { id, socket } = await opened;
    await watching.listening;
    socket.write(bytes(id));
    expect(await watching.ended).toMatchObject({ code });
  });

  test('waits until everybody has been sent before it listens, if RFC 4533 begins with that', async () => {
    const { server, opened } = await start({ offers: [contentSync] });
    const watching = watch(server);
    const { id, socket } = await opened;
    const notYet = Buffer.from([0xa1, 3, 0x01, 1, 0]);
    const refreshed = Buffer.from([0xa2, 0]);
    socket.write(
      Buffer.concat([
        entry(id, `uid=1,${base}`, {}),
        intermediate(id, '1.2.3.4', Buffer.from('nothing known')),
        intermediate(id, syncInfo, notYet),
        entry(id, `uid=2,${base}`, {}),
        intermediate(id, syncInfo, refreshed),
      ]),
    );
    await watching.listening;
    expect(watching.told).toBe(0);
    const change = watching.change();
    socket.write(entry(id, `uid=2,${base}`, {}));
    await change;
  });
});
