import type { Socket } from 'node:net';
import { describe, expect, test } from '@jest/globals';
import { sources } from '../../../../src/sync/source/sources.ts';
import { flood } from '../../../support/flood.ts';
import { done, entry, type FakeRequest, reference, startFakeServer } from '../../../support/ldap-fake-server.ts';
import { ldapSettings, openOptions, readEverybody, scopeOf } from '../../../support/ldap-reading.ts';

const megabyte = 1024 * 1024;

/** The header and the beginning of an entry of this many bytes. */
const giant = (id: number, size: number): Buffer => {
  const head = Buffer.from([0x30, 0x84, 0, 0, 0, 0, 0x02, 0x01, id, 0x64, 0x84, 0, 0, 0, 0]);
  head.writeUInt32BE(size, 2);
  head.writeUInt32BE(size - 9, 11);
  return head;
};

/** An entry with this many empty attributes or values. */
const crowded = (id: number, count: number, what: 'attributes' | 'values'): Buffer => {
  const value = Buffer.from([0x04, 0x00]);
  const attribute = Buffer.from([0x30, 0x05, 0x04, 0x01, 0x78, 0x31, 0x00]);
  const within = (tag: number, content: Buffer): Buffer => {
    const head = Buffer.from([tag, 0x84, 0, 0, 0, 0]);
    head.writeUInt32BE(content.length, 2);
    return Buffer.concat([head, content]);
  };
  const many = (one: Buffer): Buffer => Buffer.alloc(count * one.length, one);
  const list =
    what === 'attributes'
      ? many(attribute)
      : within(0x30, Buffer.concat([Buffer.from([0x04, 0x06]), Buffer.from('member'), within(0x31, many(value))]));
  const body = within(0x64, Buffer.concat([Buffer.from([0x04, 0x00]), within(0x30, list)]));
  return within(0x30, Buffer.concat([Buffer.from([0x02, 0x01, id]), body]));
};

/** The piece repeated up to a large write. */
const repeated = (piece: Buffer): Buffer => Buffer.concat(Array(Math.ceil(65_536 / piece.length)).fill(piece));

/** Runs a read or a test against a server that floods the answers to one kind of request. Gives the outcome and the bytes sent. */
async function attacked(
  kind: FakeRequest,
  attack: (socket: Socket, id: number) => { taken(): number },
  groups: string[] = [],
) {
  const attacks: { taken(): number }[] = [];
  const server = await startFakeServer({
    search: () => [],
    takeOver: (asked, id, socket) => {
      if (asked !== kind) return false;
      attacks.push(attack(socket, id));
      return true;
    },
  });
  const settings = ldapSettings(server, { bindDn: 'cn=reader', timeoutSeconds: 60 });
  const read = await readEverybody(settings, { password: 'secret', scope: scopeOf({ groups }) }).catch(
    (reason) => reason,
  );
  const tested = await sources.LDAP.test(settings, { bindPassword: 'secret' }, openOptions());
  const taken = Math.max(...attacks.map((one) => one.taken()));
  await server.close();
  return { read, tested, taken };
}

/** Bytes that the sockets buffer in addition to the allowed ones. */
const onTheWay = 8 * megabyte;

describe('a server that never stops sending is INVALID_RESPONSE', () => {
  test.each<[string, FakeRequest, (id: number) => Buffer, number]>([
    ['answers to a bind', 'bind', () => done(77), 4],
    ['entries for the rootDSE', 'rootDse', (id) => entry(id, '', { vendorName: 'x' }), 4],
    ['entries for a base', 'base', (id) => entry(id, '', {}), 4],
    ['people on one page', 'search', (id) => entry(id, 'cn=x', { entryUUID: 'x' }), 64],
    ['large people on one page', 'search', (id) => entry(id, 'cn=x', { entryUUID: 'x'.repeat(500_000) }), 64],
    ['references on one page', 'search', (id) => reference(id, ['ldap://x']), 64],
  ])('%s', async (_what, kind, piece, megabytes) => {
    const { read, tested, taken } = await attacked(kind, (socket, id) => flood(socket, repeated(piece(id))));
    expect(read).toMatchObject({ code: 'INVALID_RESPONSE', hint: expect.any(String) });
    expect(tested).toMatchObject({ ok: false, code: 'INVALID_RESPONSE' });
    expect(taken).toBeLessThan(megabytes * megabyte + onTheWay);
  });

  test('one entry of two gigabytes, refused at its header', async () => {
    for (const kind of ['rootDse', 'base', 'search'] as const) {
      const { read, tested, taken } = await attacked(kind, (socket, id) => {
        socket.write(giant(id, 2 ** 31 - 1));
        return flood(socket, Buffer.alloc(65_536));
      });
      expect(read).toMatchObject({ code: 'INVALID_RESPONSE', message: expect.stringContaining('MB') });
      expect(tested).toMatchObject({ ok: false, code: 'INVALID_RESPONSE' });
      expect(taken).toBeLessThan(onTheWay);
    }
  });

  test.each(['attributes', 'values'] as const)('a group of millions of empty %s', async (what) => {
    const bytes = crowded(1, 2_000_000, what);
    const idAt = bytes.indexOf(Buffer.from([0x02, 0x01, 1])) + 2;
    const { read } = await attacked(
      'search',
      (socket, id) => {
        bytes[idAt] = id;
        return flood(socket, bytes, bytes.length);
      },
      ['staff'],
    );
    expect(read).toMatchObject({ code: 'INVALID_RESPONSE', message: expect.stringContaining('attributes and values') });
  });

  test('ranges of an attribute that lead nowhere', async () => {
    const server = await startFakeServer({
      rootDse: { supportedControl: ['1.2.840.113556.1.4.319'] },
      search: ({ id }) => [
        entry(id, 'cn=Ada', { entryUUID: 'AB', 'mail;range=0-1': ['1', '2'] }),
        done(id, { cookie: '' }),
      ],
      base: ({ id, baseDn }) => [entry(id, baseDn, { 'mail;range=0-1': ['1', '2'] }), done(id)],
    });
    await expect(readEverybody(ldapSettings(server))).rejects.toMatchObject({
      code: 'INVALID_RESPONSE',
      message: expect.stringContaining('mail'),
    });
    await server.close();
  });
});

test('of too many values of one attribute the first ones are kept, and a note says so', async () => {
  const values = Array.from({ length: 10_001 }, (_, i) => String(i));
  const server = await startFakeServer({
    search: ({ id }) => [entry(id, 'cn=Ada', { entryUUID: 'AB', mail: values }), done(id, { cookie: '' })],
  });
  const { entries } = await readEverybody(ldapSettings(server));
  await server.close();
  expect(entries[0]).toMatchObject({ undecodable: ['mail'], attributes: [undefined, values.slice(0, 10_000)] });
});
