import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { expect, test } from '@jest/globals';
import { entry, type FakeRequest, startFakeServer } from '../../../support/ldap-fake-server.ts';
import { ldapSettings, readEverybody, scopeOf } from '../../../support/ldap-reading.ts';

/** Sends pieces until the socket closes. The pauses are too short to count as silence. */
function dribble(socket: Socket, piece: () => Buffer): void {
  const timer = setInterval(() => socket.write(piece()), 50);
  socket.once('close', () => clearInterval(timer));
}

const byteByByte = (_id: number) => {
  const header = [0x30, 0x84, 0x00, 0x0f, 0xff, 0xff];
  return () => Buffer.from([header.shift() ?? 0]);
};

let people = 0;
const personByPerson = (id: number) => () => entry(id, `cn=${people++}`, { entryUUID: `${people}` });

test.concurrent.each<[string, FakeRequest, (id: number) => () => Buffer, Parameters<typeof ldapSettings>[1]]>([
  ['StartTLS', 'extended', byteByByte, { startTls: true }],
  ['the bind', 'bind', byteByByte, {}],
  ['the rootDSE', 'rootDse', byteByByte, {}],
  ['"who am I"', 'extended', byteByByte, {}],
  ['a base', 'base', byteByByte, {}],
  ['a base, entry by entry', 'base', personByPerson, {}],
  ['a page, byte by byte', 'search', byteByByte, {}],
  ['a page, person by person', 'search', personByPerson, {}],
])('a server that never comes to the end of its answer to %s is TIMEOUT', async (_what, kind, pieces, changes) => {
  const server = await startFakeServer({
    search: () => [],
    takeOver: (asked, id, socket) => {
      if (asked !== kind) return false;
      dribble(socket, pieces(id));
      return true;
    },
  });
  const settings = ldapSettings(server, { bindDn: 'cn=reader', timeoutSeconds: 1, ...changes });
  const error = await readEverybody(settings, { password: 'secret' }).catch((reason) => reason);
  await server.close();
  expect(error).toMatchObject({ code: 'TIMEOUT', hint: expect.stringContaining('timeoutSeconds') });
});

test.concurrent('so is the search for a group of the scope', async () => {
  const server = await startFakeServer({
    search: () => [],
    takeOver: (asked, id, socket) => {
      if (asked !== 'search') return false;
      dribble(socket, byteByByte(id));
      return true;
    },
  });
  const settings = ldapSettings(server, { bindDn: 'cn=reader', timeoutSeconds: 1 });
  const reading = readEverybody(settings, { password: 'secret', scope: scopeOf({ groups: ['staff'] }) });
  await expect(reading).rejects.toMatchObject({ code: 'TIMEOUT' });
  await server.close();
});

test.concurrent('so is a TLS handshake', async () => {
  const record = Buffer.from([0x16, 0x03, 0x03, 0x3f, 0xff, 0x02, 0x00, 0x3f, 0xfb]);
  const server = createServer((socket) => {
    socket.on('error', () => {}).resume();
    socket.write(record);
    dribble(socket, () => Buffer.from([3]));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `ldaps://127.0.0.1:${(server.address() as AddressInfo).port}`;
  await expect(readEverybody(ldapSettings({ url }, { timeoutSeconds: 1 }))).rejects.toMatchObject({ code: 'TIMEOUT' });
  server.close();
});
