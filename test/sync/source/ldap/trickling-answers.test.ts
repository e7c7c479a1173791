import type { Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { dialPlain } from '../../../../src/sync/source/ldap/dial-plain.ts';
import { encodeFilter, present } from '../../../../src/sync/source/ldap/filter/filter.ts';
import { LdapConnection } from '../../../../src/sync/source/ldap/ldap-connection.ts';
import { done, entry, startFakeServer } from '../../../support/ldap-fake-server.ts';
import { openOptions } from '../../../support/ldap-reading.ts';

const pageSize = 2000;
const pages = 2;

/** Sends the entries of a page one by one, each in another turn, and then its end. */
async function trickle(socket: Socket, id: number, from: number): Promise<void> {
  for (let i = from; i < from + pageSize; i++) {
    socket.write(entry(id, `uid=${i},dc=example,dc=org`, { entryUUID: [String(i)] }));
    await nextTurn();
  }
  socket.write(done(id, { cookie: from + pageSize < pages * pageSize ? String(from + pageSize) : '' }));
}

test('an answer that comes entry by entry is read in few turns, and whole', async () => {
  const server = await startFakeServer({
    search: () => [],
    takeOver: (kind, id, socket, search) => {
      if (kind !== 'search') return false;
      void trickle(socket, id, Number(search?.cookie ?? ''));
      return true;
    },
  });
  const url = { url: server.url, host: '127.0.0.1', port: server.port, secure: false };
  const connection = new LdapConnection(url, await dialPlain(url, { ...openOptions(), timeoutMs: 1000 }), 60);
  const filter = encodeFilter(present('objectClass'));
  let people = 0;
  let turns = 0;
  let isNewTurn = true;
  const take = (): void => {
    people++;
    if (!isNewTurn) return;
    turns++;
    isNewTurn = false;
    setImmediate(() => {
      isNewTurn = true;
    });
  };
  const asked: string[] = [];
  for (let cookie: Buffer | null = Buffer.alloc(0); cookie !== null; ) {
    const request = { baseDn: 'dc=example,dc=org', scope: 'sub', filter, attributes: ['entryUUID'] } as const;
    const answer = await connection.search(
      { ...request, page: { size: pageSize, cookie } },
      { entry: take, references: () => {} },
    );
    asked.push(cookie.toString());
    cookie = answer.cookie === null || answer.cookie.length === 0 ? null : answer.cookie;
  }
  await connection.close();
  await server.close();
  expect({ people, asked }).toEqual({ people: pages * pageSize, asked: ['', String(pageSize)] });
  expect(turns).toBeLessThan(people / 2);
});
