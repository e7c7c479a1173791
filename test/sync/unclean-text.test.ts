import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { isStorable } from '../../src/core/outside-text.ts';
import type { LdapSettings } from '../../src/sync/source/ldap/ldap-settings.ts';
import { sources } from '../../src/sync/source/sources.ts';
import { done, entry, type FakeOptions, type FakeServer, startFakeServer } from '../support/ldap-fake-server.ts';
import { ldapSettings, openOptions } from '../support/ldap-reading.ts';
import { createSyncing, type LoneSyncing } from '../support/syncing.ts';
import { removal } from './small-directory.ts';

let syncing: LoneSyncing;
let server: FakeServer | undefined;

beforeAll(async () => {
  syncing = await createSyncing();
});
afterAll(() => syncing?.close());
afterEach(async () => {
  await server?.close();
  server = undefined;
});

const start = async (options: FakeOptions): Promise<FakeServer> => {
  server = await startFakeServer(options);
  return server;
};
/** One page of entries, which may change from run to run. */
const onePage =
  (entries: (id: number) => Buffer[]): FakeOptions['search'] =>
  ({ id }) => [...entries(id), done(id, { cookie: '' })];
const nobody = onePage(() => []);
const ofActiveDirectory = (words: string): string => `0000208D: NameErr: DSID-0310028C, ${words}\n\0`;

/** Checks that no text contains control characters, or anything else that the database would refuse. */
const expectFit = (error: { message: string; hint: string | null }): void => {
  for (const text of [error.message, error.hint ?? '']) {
    expect(isStorable(text)).toBe(true);
    expect(text).not.toMatch(/\p{Cc}/u);
    expect(text.length).toBeLessThan(1500);
  }
};

describe('texts from a server are short and can be stored, in a run and in a test', () => {
  const bindDn = 'cn=reader,dc=example,dc=org';
  const secret = 'pass\u0001word'.repeat(20);

  test.each<[string, Omit<FakeOptions, 'search'> & Partial<Pick<FakeOptions, 'search'>>, string, string]>([
    [
      'a base DN that is not there',
      { base: ({ id }) => [done(id, { code: 32, matchedDn: 'DC=org\0', message: ofActiveDirectory('problem 2001') })] },
      'BASE_DN_NOT_FOUND',
      'problem 2001',
    ],
    [
      'a search without a good bind',
      {
        base: ({ id }) => [
          done(id, { code: 1, message: ofActiveDirectory('a successful bind must be completed on the connection') }),
        ],
      },
      'BIND_REFUSED',
      'must be completed',
    ],
    [
      'a bind that is refused with a code of its own',
      { bind: { code: 80, message: ofActiveDirectory('data 9999') } },
      'BIND_REFUSED',
      'data 9999',
    ],
    [
      'a bind that is refused with 3 MB',
      { bind: { code: 49, message: 'x\u0007'.repeat(1_500_000) } },
      'BIND_REFUSED',
      'x',
    ],
    [
      'a bind that is refused with the password, where the words are cut',
      { bind: { code: 49, message: `${'x'.repeat(480)}${secret}` } },
      'BIND_REFUSED',
      'x',
    ],
    [
      'a search that fails with 3 MB',
      { base: ({ id }) => [done(id, { code: 80, message: `\u001b[31m${'y'.repeat(3_000_000)}` })] },
      'INCOMPLETE_READ',
      '\\u{1b}[31my',
    ],
    [
      'thousands of referrals and contexts',
      {
        rootDse: {
          supportedControl: ['1.2.840.113556.1.4.319'],
          namingContexts: Array.from({ length: 5000 }, (_, i) => `dc=c${i}\0`),
        },
        base: ({ id }) => [
          done(id, { code: 10, referrals: Array.from({ length: 5000 }, (_, i) => `ldap://h${i}\0/`) }),
        ],
      },
      'BASE_DN_NOT_FOUND',
      'and 80 more',
    ],
  ])('%s', async (_name, options, code, words) => {
    const { url } = await start({ search: nobody, ...options });
    const connection = await syncing.createConnection({ url, bindDn, bindPassword: secret });
    const { status, error } = await syncing.sync(connection);
    if (error === null) throw new Error(`the run ended ${status}`);
    expect(error).toMatchObject({ code, message: expect.stringContaining(words) });
    expectFit(error);
    expect(error.message).not.toContain('pass');
    expect(error.message).not.toContain('\ufffd');
    expect(status).toBe('FAILED');

    const settings: LdapSettings = ldapSettings({ url, bindDn });
    const tested = await sources.LDAP.test(settings, { bindPassword: secret }, openOptions());
    expect(tested).toMatchObject({ ok: false, code, message: error.message });
    expectFit(tested);
    for (const { detail, advice } of tested.checks) expectFit({ message: detail, hint: advice });
  });

  test('a vendor’s name of 1 MB', async () => {
    const rootDse = { supportedControl: ['1.2.840.113556.1.4.319'], vendorName: [`Odd\0${'z'.repeat(1_000_000)}`] };
    const { url } = await start({ rootDse, search: nobody });
    const run = await syncing.sync(await syncing.createConnection({ url }));
    const connected = (await syncing.log(run.id)).find((line) => line.code === 'CONNECTED');
    expectFit({ message: connected?.message ?? '', hint: null });
    expect(connected?.message).toContain('(Odd');
  });
});

describe('people whose id or DN is no valid text', () => {
  const person = (id: number, uid: string, dn: string | Buffer, uuid: string | Buffer | null = uid): Buffer =>
    entry(id, dn, {
      cn: uid,
      mail: `${uid}@example.org`,
      ...(uuid === null ? {} : { entryUUID: uuid }),
    });
  const dn = (uid: string): string => `uid=${uid},dc=example,dc=org`;
  /** Half of a surrogate pair, which UTF-8 can't encode. */
  const half = Buffer.of(0xed, 0xa0, 0x80);

  test.each<[string, (id: number) => Buffer, string, string | null]>([
    ['U+0000 in a DN', (id) => person(id, 'bob', 'uid=bob\0,dc=example,dc=org'), 'MALFORMED_VALUE', 'bob'],
    [
      'half of a surrogate pair in a DN',
      (id) => person(id, 'bob', Buffer.concat([Buffer.from('uid=bob'), half, Buffer.from(',dc=org')])),
      'MALFORMED_VALUE',
      'bob',
    ],
    ['a DN of 200 KB', (id) => person(id, 'bob', dn('b'.repeat(200_000))), 'MALFORMED_VALUE', 'bob'],
    ['U+0000 in an id', (id) => person(id, 'bob', dn('bob'), 'bob\0'), 'NO_ID', null],
    ['half of a surrogate pair in an id', (id) => person(id, 'bob', dn('bob'), half), 'NO_ID', null],
    ['an id of 100 KB', (id) => person(id, 'bob', dn('bob'), 'b'.repeat(100_000)), 'NO_ID', null],
    ['an id without a character', (id) => person(id, 'bob', dn('bob'), ''), 'NO_ID', null],
  ])(
    '%s: the person is skipped with a line, the others are imported, and nobody is removed',
    async (_, odd, code, id) => {
      const before = (n: number) => [person(n, 'ada', dn('ada')), person(n, 'bob', dn('bob'))];
      let entries: (n: number) => Buffer[] = before;
      const { url } = await start({ search: onePage((n) => entries(n)) });
      const connection = await syncing.createConnection({ url }, { removal: removal() });
      expect(await syncing.sync(connection)).toMatchObject({ counts: { read: 2 } });

      entries = (n) => [person(n, 'ada', dn('ada')), odd(n), person(n, 'eve', dn('eve'))];
      const run = await syncing.sync(connection);
      expect(run).toMatchObject({ status: 'SUCCEEDED', counts: { inScope: 3, skipped: 1, deactivated: 0 } });
      const told = (await syncing.log(run.id)).filter((line) => line.code === code);
      expect(told).toMatchObject([{ level: 'WARN', personId: id }]);
      expect(told[0]?.message.length).toBeLessThan(1000);

      entries = before;
      expect(await syncing.sync(connection)).toMatchObject({
        status: 'SUCCEEDED',
        counts: { deactivated: 1, unchanged: 2 },
      });
    },
  );

  test('a value that is no text is left out; a person whose only address is none is skipped', async () => {
    const { url } = await start({
      search: onePage((id) => [
        entry(id, dn('a'), { entryUUID: 'a', cn: 'Ada', sn: ['Love\0', 'Lovelace'], mail: 'a@example.org' }),
        entry(id, dn('b'), { entryUUID: 'b', cn: 'Bob', mail: ['b@example.org\0'] }),
      ]),
    });
    const run = await syncing.sync(await syncing.createConnection({ url }));
    expect(run).toMatchObject({ status: 'SUCCEEDED', counts: { read: 2, skipped: 1 } });
    const lines = await syncing.log(run.id);
    expect(lines.filter(({ level }) => level === 'WARN')).toMatchObject([
      { personId: 'a', message: expect.stringContaining('sn') },
      { personId: 'b', code: 'MALFORMED_EMAIL', message: expect.stringContaining('mail') },
    ]);
  });
});
