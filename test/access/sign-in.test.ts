import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { UnsecuredJWT } from 'jose';
import { admitWorkspaces } from '../../src/access/admit-workspaces.ts';
import { checkKeySet, openKeySet } from '../../src/access/open-key-set.ts';
import { createSignIn, type SignIn } from '../../src/access/sign-in.ts';
import { type Claims, createIssuer } from '../support/api.ts';

const workspace = '01890000-0000-7000-8000-000000000001';
const expected = { issuer: 'https://id.example.org', audience: 'contact-sync' };

type Issuer = Awaited<ReturnType<typeof createIssuer>>;
let issuer: Issuer;
let signIn: SignIn;
const admitted: object[] = [];

function signInWith(path: string): SignIn {
  return createSignIn({
    ...expected,
    keys: openKeySet({ kind: 'file', path }, fail),
    admit: async (one) => void admitted.push(one),
  });
}

beforeAll(async () => {
  issuer = await createIssuer();
  signIn = signInWith(issuer.path);
});
afterAll(() => issuer.close());

function fail(error: unknown): void {
  throw error;
}

async function refused(authorization: string | undefined) {
  return signIn(authorization).then(
    () => 'let in',
    (error) => error.code,
  );
}

test.each(['RS256', 'ES256', 'EdDSA'] as const)('a token signed with %s is accepted', async (algorithm) => {
  const one = await createIssuer(algorithm);
  const viewer = await signInWith(one.path)(
    `Bearer ${await one.sign({ workspace, permissions: ['CONTACTS_MANAGE'] })}`,
  );
  expect(viewer).toMatchObject({
    id: 'person-1',
    name: 'Ada Lovelace',
    workspaceId: workspace,
    permissions: ['CONTACTS_VIEW', 'CONTACTS_MANAGE'],
  });
  await one.close();
});

describe('UNAUTHENTICATED is', () => {
  test.each([undefined, '', 'Bearer', 'Bearer nonsense', 'Basic YTpi', 'nonsense'])('%j', async (header) => {
    expect(await refused(header)).toBe('UNAUTHENTICATED');
  });

  test('a token that has expired', async () => {
    expect(await refused(`Bearer ${await issuer.sign({ workspace }, new Date(Date.now() - 1000))}`)).toBe(
      'UNAUTHENTICATED',
    );
  });

  test.each([
    ['another issuer', { workspace, iss: 'https://other.example.org' }],
    ['another audience', { workspace, aud: 'other' }],
    ['no workspace', {}],
    ['a workspace that is no UUID', { workspace: 'acme' }],
    ['no person', { workspace, sub: '' }],
    ['an unknown kind', { workspace, kind: 'robot' }],
  ])('a token with %s', async (_what, claims) => {
    expect(await refused(`Bearer ${await issuer.sign(claims)}`)).toBe('UNAUTHENTICATED');
  });

  test('an unsigned token, or one with a foreign signature', async () => {
    const unsigned = new UnsecuredJWT({ sub: 'x', workspace, kind: 'member' })
      .setIssuer(expected.issuer)
      .setAudience(expected.audience)
      .setExpirationTime('1h')
      .encode();
    expect(await refused(`Bearer ${unsigned}`)).toBe('UNAUTHENTICATED');
    const other = await createIssuer();
    expect(await refused(`Bearer ${await other.sign({ workspace })}`)).toBe('UNAUTHENTICATED');
    await other.close();
  });
});

describe('the answer to a refused token says what is missing', () => {
  const message = async (authorization: string) =>
    signIn(authorization).then(
      () => 'let in',
      (error) => error.message,
    );

  test.each([
    ['', 'A bearer token is needed.'],
    ['Basic YTpi', 'must begin with `Bearer `'],
    ['abc.def.ghi', 'must begin with `Bearer `'],
    ['Bearer', 'no token after'],
    ['Bearer a.b', 'three parts'],
    ['Bearer a b', 'more than one'],
    ['Bearer a.b.c', 'no JWT that can be read'],
  ])('%j', async (header, says) => {
    expect(await message(header)).toContain(says);
  });

  test.each<[string, Claims, string, object]>([
    ['issuer', { workspace, iss: 'https://other.example.org' }, '`iss`', {}],
    ['audience', { workspace, aud: 'other' }, '`aud`', {}],
    ['workspace', { workspace: 'acme' }, '`workspace` is missing or malformed: it takes a UUID', {}],
    ['kind', { workspace, kind: 'robot' }, '`kind` is missing or malformed: it takes member or contact', {}],
    ['key', { workspace }, 'a key (`kid`, `alg`) that is not known', { kid: 'unknown' }],
  ])('by its %s', async (_what, claims, says, header) => {
    const said = await message(`Bearer ${await issuer.sign(claims, '1h', header)}`);
    expect(said).toContain(says);
    // It must fit into the close message of a WebSocket.
    expect(`UNAUTHENTICATED: ${said}`.length).toBeLessThanOrEqual(120);
    expect(said).not.toContain(expected.issuer);
  });

  test('when it has expired, and when its signature was touched', async () => {
    const expired = await issuer.sign({ workspace }, new Date('2026-01-02T03:04:05Z'));
    expect(await message(`Bearer ${expired}`)).toBe('The access token has expired: 2026-01-02T03:04:05.000Z.');
    const [head, body] = (await issuer.sign({ workspace })).split('.');
    const [, , other] = (await issuer.sign({ workspace, name: 'x' })).split('.');
    expect(await message(`Bearer ${head}.${body}.${other}`)).toContain('signature');
  });
});

test.each([
  ['{"keys":[]}', 'is empty'],
  ['{"keys":[{"kty":"oct","k":"AA"},{"kty":"RSA","n":"AA","e":"AQAB","use":"enc"}]}', 'has no key for'],
  ['<html>', "can't be fetched"],
])("a key set that can't verify any token is reported at the start: %s", async (text, says) => {
  const folder = await mkdtemp(join(tmpdir(), 'key-set-'));
  const path = join(folder, 'jwks.json');
  await writeFile(path, text);
  const told: string[] = [];
  await checkKeySet({ kind: 'file', path }, (said) => told.push(said));
  await checkKeySet({ kind: 'file', path: issuer.path }, (said) => told.push(said));
  expect(told).toEqual([expect.stringContaining(says)]);
  await rm(folder, { recursive: true });
});

test('a contact is FORBIDDEN', async () => {
  expect(await refused(`Bearer ${await issuer.sign({ workspace, kind: 'contact' })}`)).toBe('FORBIDDEN');
});

test('unknown permissions, and permissions that are no list, are ignored', async () => {
  const permissions = ['CONTACTS_VIEW', 'FLY', 7, null];
  const viewer = await signIn(`Bearer ${await issuer.sign({ workspace, permissions })}`);
  expect(viewer.permissions).toEqual(['CONTACTS_VIEW']);
  const none = await signIn(`Bearer ${await issuer.sign({ workspace, permissions: 'CONTACTS_VIEW' as never })}`);
  expect(none.permissions).toEqual([]);
});

test.each([
  [undefined, 'UTC'],
  ['Europe/Berlin', 'Europe/Berlin'],
  ['Mars/Olympus', 'UTC'],
])('a workspace whose time zone is %s is admitted with %s', async (claim, timeZone) => {
  const token = await issuer.sign({ workspace, workspace_name: 'Example', workspace_time_zone: claim });
  await signIn(`bearer ${token}`);
  expect(admitted.at(-1)).toEqual({ id: workspace, name: 'Example', timeZone });
});

test("a name is cut between characters, and one that can't be stored is ignored", async () => {
  const nameOf = async (name: string) => (await signIn(`Bearer ${await issuer.sign({ workspace, name })}`)).name;
  expect(await nameOf(`${'x'.repeat(199)}🙂`)).toBe('x'.repeat(199));
  expect(await nameOf('A\0da')).toBeNull();
});

test('names are taken without control characters', async () => {
  const token = await issuer.sign({ workspace, workspace_name: ' Head\noffice\u0007 ', name: 'Ada\u001b[31m' });
  expect((await signIn(`Bearer ${token}`)).name).toBe('Ada [31m');
  expect(admitted.at(-1)).toMatchObject({ name: 'Head office' });
});

test('a key that is added to the file is used at once', async () => {
  await signIn(`Bearer ${await issuer.sign({ workspace })}`);
  const signWithSecond = await issuer.addKey('second');
  expect(await signIn(`Bearer ${await signWithSecond({ workspace })}`)).toMatchObject({ id: 'person-1' });
});

test('a key that is taken out of the file verifies nobody any more', async () => {
  const other = await createIssuer();
  const keys = openKeySet({ kind: 'file', path: other.path }, () => {});
  const one = () => createSignIn({ ...expected, keys, admit: async () => undefined });
  const token = `Bearer ${await other.sign({ workspace })}`;
  expect(await one()(token)).toMatchObject({ id: 'person-1' });
  await writeFile(other.path, JSON.stringify({ keys: [] }));
  await expect(one()(token)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  await other.close();
});

describe('keys from a URL', () => {
  let server: Server;
  let url: URL;
  let status = 200;
  let body: string | null = null;
  let asked = 0;
  const told: unknown[] = [];
  beforeAll(async () => {
    server = createServer(async (_request, response) => {
      asked++;
      response.writeHead(status, { 'content-type': 'application/json' }).end(body ?? (await readFile(issuer.path)));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    url = new URL(`http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/jwks`);
  });
  afterAll(() => new Promise((resolve) => server.close(resolve)));

  const byUrl = () =>
    createSignIn({
      ...expected,
      keys: openKeySet({ kind: 'url', url }, (error) => told.push(error)),
      admit: async () => undefined,
    });

  test('are asked for once', async () => {
    const one = byUrl();
    for (let count = 0; count < 3; count++) await one(`Bearer ${await issuer.sign({ workspace })}`);
    expect(asked).toBe(1);
  });

  test.each([
    ['an error', 500, null],
    ['no JSON', 200, '<html>Sign in</html>'],
    ['no key set', 200, '{"error":"moved"}'],
  ])(
    "that can't be fetched (%s) are no fault of the token, are reported once, and are requested again",
    async (_what, code, text) => {
      told.length = 0;
      [status, body] = [code, text];
      const one = byUrl();
      const token = `Bearer ${await issuer.sign({ workspace })}`;
      for (let count = 0; count < 3; count++) {
        await expect(one(token)).rejects.toMatchObject({ code: 'SIGN_IN_UNAVAILABLE', hint: expect.any(String) });
      }
      expect(told).toHaveLength(1);
      [status, body] = [200, null];
      expect(await one(token)).toMatchObject({ id: 'person-1' });
    },
  );
});

describe('admitting workspaces', () => {
  const one = { id: workspace, name: 'Example', timeZone: 'UTC' };

  test('asks the store once for each name and time zone', async () => {
    const told: string[] = [];
    const admit = admitWorkspaces(async ({ name }) => void told.push(name));
    await Promise.all([admit(one), admit(one)]);
    await admit(one);
    await admit({ ...one, name: 'Renamed' });
    await admit({ ...one, name: 'Renamed' });
    expect(told).toEqual(['Example', 'Renamed']);
  });

  test('asks again after a failure', async () => {
    let calls = 0;
    const admit = admitWorkspaces(async () => {
      calls++;
      if (calls === 1) throw new Error('down');
    });
    await expect(admit(one)).rejects.toThrow('down');
    await admit(one);
    expect(calls).toBe(2);
  });
});
