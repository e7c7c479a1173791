import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { RunRecord } from '../../src/core/records.ts';
import { openReadingThreads } from '../../src/sync/reading-threads.ts';
import { type HttpsFiles, type Serve, serveHttps } from '../support/https-files.ts';
import { openSyncing, type Syncing, type SyncService } from '../support/syncing.ts';
import { map, removal } from './small-directory.ts';

const header = 'Nr;Name;E-Mail;Ort\r\n';
const person = (id: string, name = id, city = 'Bonn') => `${id};${name};${id}@example.org;${city}\r\n`;
const everybody = ['ada', 'bo', 'cy', 'di'].map((id) => person(id)).join('');

let server: HttpsFiles;
let service: SyncService;
let syncing: Syncing;

beforeAll(async () => {
  server = await serveHttps();
  const thread = new URL('./support/trusting-thread.ts', import.meta.url);
  service = await openSyncing(openReadingThreads('runs', thread));
});
beforeEach(async () => {
  syncing = await service.workspace();
});
afterAll(async () => {
  await service?.close();
  await server?.close();
});

const connect = (source: object): Promise<string> =>
  syncing.createConnection(
    { url: 'ldap://nowhere' },
    {
      kind: 'CSV',
      source: { idColumn: 'nr', nameColumn: 'Name', ...source } as object,
      mappings: [map('DISPLAY_NAME', 'name'), map('PRIMARY_EMAIL', 'E-MAIL'), map('CITY', 'Ort')],
      removal: removal({ maxPercent: 100 }),
    },
  );

test('the column that names a manager holds a value of the id column', async () => {
  const connection = await syncing.createConnection(
    { url: 'ldap://nowhere' },
    {
      kind: 'CSV',
      source: { idColumn: 'nr' } as object,
      mappings: [map('DISPLAY_NAME', 'name'), map('MANAGER', 'Chef')],
    },
  );
  const rows = 'Nr;Name;Chef\r\n1;Ada; 007\r\n007;Boss;\r\n8;Cy;boss\r\n';
  await syncing.workspace.saveFile(connection, 'people.csv', bytesOf(rows));
  await syncing.sync(connection);
  const [ada, , cy] = (await syncing.contacts()).map(({ id }) => String(id));
  const found = await syncing.workspace.managersOf([ada ?? '', cy ?? '']);
  expect([...found].map(([id, { values }]) => [id, values.DISPLAY_NAME])).toEqual([[ada, 'Boss']]);
});

const statuses = async (): Promise<string[]> =>
  (await syncing.contacts()).map(({ display_name, city, status }) => `${display_name} ${city} ${status}`);

const linesOf = async (run: RunRecord, level: string): Promise<string[]> =>
  (await syncing.log(run.id)).filter((line) => line.level === level).map(({ message }) => message);

async function* bytesOf(text: string | Buffer): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text as string);
}

describe('a run of an uploaded file', () => {
  let connection: string;

  const upload = (text: string | Buffer) => syncing.workspace.saveFile(connection, 'people.csv', bytesOf(text));
  const run = async (text: string | Buffer): Promise<RunRecord> => {
    await upload(text);
    return syncing.sync(connection);
  };

  beforeEach(async () => {
    connection = await connect({});
  });

  test('creates, changes and removes people as the file says', async () => {
    expect(await run(header + everybody)).toMatchObject({ status: 'SUCCEEDED', counts: { read: 4, created: 4 } });
    expect(await run(header + everybody)).toMatchObject({ counts: { unchanged: 4, created: 0, updated: 0 } });
    const next = await run(header + person('ada', 'ada', 'Ulm') + person('bo') + person('cy') + person('eve'));
    expect(next).toMatchObject({
      status: 'SUCCEEDED',
      counts: { created: 1, updated: 1, unchanged: 2, deactivated: 1 },
    });
    expect(await statuses()).toEqual([
      'ada Ulm ACTIVE',
      'bo Bonn ACTIVE',
      'cy Bonn ACTIVE',
      'di Bonn INACTIVE',
      'eve Bonn ACTIVE',
    ]);
  });

  test('fails, and removes nobody, without a file, with an empty one, or one without the id column', async () => {
    expect(await syncing.sync(connection)).toMatchObject({ status: 'FAILED', error: { code: 'NO_FILE' } });
    await run(header + everybody);
    expect(await run('')).toMatchObject({ status: 'FAILED', error: { code: 'EMPTY_FILE' } });
    const other = await run('Id,Name\n1,x\n');
    expect(other).toMatchObject({ status: 'FAILED', error: { code: 'COLUMN_MISSING' } });
    expect(other.error?.hint).toContain('"Id", "Name"');
    expect((await statuses()).filter((one) => one.endsWith(' INACTIVE'))).toEqual([]);
  });

  test.each([
    [
      'fewer columns in the middle',
      `${person('ada', 'ada', 'Ulm')}bo;bo\r\n${person('di')}`,
      'Line 3 has 2 columns, and the header 4.',
    ],
    [
      'more columns in the middle',
      `${person('ada', 'ada', 'Ulm')}bo;bo;b@x.org;Bonn;more\r\n${person('di')}`,
      'Line 3 has 5 columns, and the header 4.',
    ],
    [
      'a quote that is never closed',
      `${person('ada', 'ada', 'Ulm')}"bo;bo;bo@example.org;Bonn\r\n${person('di')}`,
      'Line 3: a quote is opened and never closed',
    ],
    [
      'its last row cut off',
      `${person('ada', 'ada', 'Ulm')}${person('di')}bo;b`,
      'Line 4 has 2 columns, and the header 4.',
    ],
    [
      'a row without an id',
      `${person('ada', 'ada', 'Ulm')}${person('di')};bo;bo@example.org;Bonn\r\n`,
      'Line 4 has no value in the id column.',
    ],
  ])('imports the readable rows of a file with %s, names the line and removes nobody', async (_what, rows, told) => {
    await run(header + everybody);
    const broken = await run(header + rows);
    expect(broken).toMatchObject({ status: 'SUCCEEDED', counts: { read: 3, updated: 1, skipped: 1, deactivated: 0 } });
    expect(await statuses()).toEqual(['ada Ulm ACTIVE', 'bo Bonn ACTIVE', 'cy Bonn ACTIVE', 'di Bonn ACTIVE']);
    const warnings = await linesOf(broken, 'WARN');
    expect(warnings.join('\n')).toContain(told);
    expect(warnings.join('\n')).toMatch(/nobody is removed/i);
  });

  test('names repeated ids with their lines, and faults of people with theirs', async () => {
    const repeated = await run(`${header}${everybody}${person('bo', 'other')}eve;Eve;no address;Bonn\r\n`);
    expect(repeated).toMatchObject({ status: 'SUCCEEDED', counts: { read: 5, created: 4, skipped: 1 } });
    const warnings = await linesOf(repeated, 'WARN');
    expect(warnings).toContainEqual(expect.stringContaining('Line 6 repeats the id "bo" of line 3'));
    expect(warnings).toContainEqual(expect.stringContaining('Line 7: '));
  });

  test('leaves out a value that is no text, and logs that', async () => {
    const rows = Buffer.concat([
      Buffer.from(`Nr;Name;E-Mail;Ort\n1;Åse;a@example.org;Bonn\n2;Bo;b@example.org;K`),
      Buffer.from([0xf6]),
      Buffer.from('ln\n'),
    ]);
    await syncing.edit(connection, { source: { encoding: 'utf-8' } as object });
    const told = await run(rows);
    expect(told).toMatchObject({ status: 'SUCCEEDED', counts: { created: 2 } });
    expect(await statuses()).toEqual(['Bo null ACTIVE', 'Åse Bonn ACTIVE']);
    const lines = (await syncing.log(told.id)).map(({ message }) => message).join('\n');
    expect(lines).toContain('Line 3: Values of Ort were left out');
  });

  test('has the scope’s rules applied to its columns', async () => {
    const { scope } = await syncing.connection(connection);
    await syncing.edit(connection, {
      scope: { ...scope, rules: [{ attribute: 'ORT', operator: 'EQUALS', values: ['ulm'] }] },
    });
    const ruled = await run(header + person('ada', 'ada', 'Ulm') + person('bo'));
    expect(ruled).toMatchObject({ counts: { read: 2, inScope: 1, created: 1 }, excluded: { NOT_BY_RULES: 1 } });
  });

  test('holds a file without anybody, and one without a column that fills a field, for a single contact, too', async () => {
    await syncing.edit(connection, { removal: { maxPercent: null } });
    expect(await run(header)).toMatchObject({ status: 'SUCCEEDED', counts: { read: 0 } });
    await run(header + person('ada'));
    const emptied = await run(header);
    expect(emptied).toMatchObject({ status: 'HELD', holdReasons: [expect.stringContaining('nobody came')] });
    await syncing.reject(emptied.id);
    const renamed = await run(header.replace('Ort', 'Stadt') + person('ada'));
    expect(renamed).toMatchObject({ status: 'HELD', holdReasons: [expect.stringContaining('no longer has "Ort"')] });
    const warned = expect.stringMatching(/The source has no "Ort", .* whether the file still has those columns/);
    expect(await linesOf(renamed, 'WARN')).toContainEqual(warned);
    await syncing.approve(renamed.id);
    expect(await statuses()).toEqual(['ada null ACTIVE']);
    expect(await syncing.sync(connection)).toMatchObject({ status: 'SUCCEEDED', counts: { unchanged: 1 } });
  });

  test('fails without a column that a rule of the scope names, because the wrong people would come in', async () => {
    const { scope } = await syncing.connection(connection);
    await syncing.edit(connection, {
      scope: { ...scope, rules: [{ attribute: 'Left', operator: 'NOT_EQUALS', values: ['yes'] }] },
    });
    const failed = await run(header + everybody);
    expect(failed).toMatchObject({ status: 'FAILED', error: { code: 'COLUMN_MISSING' } });
    expect(failed.error?.message).toContain('no column "Left", which a rule of the scope names');
  });

  test('fails if very many rows are malformed', async () => {
    await run(header + everybody);
    const wrong = await run(header + 'x;y\n'.repeat(1500));
    expect(wrong).toMatchObject({ status: 'FAILED', error: { code: 'INVALID_FILE' } });
    expect(wrong.error?.message).toContain('Line 2 has 2 columns');
  });
});

describe('a run of a file behind a URL', () => {
  let connection: string;

  const run = (how: Serve): Promise<RunRecord> => {
    server.answer(how);
    return syncing.sync(connection);
  };
  const sends =
    (text: string, headers: Record<string, string> = {}): Serve =>
    (_request, response) =>
      response.writeHead(200, { 'content-type': 'text/csv', ...headers }).end(text);
  const authorizations = (): (string | undefined)[] => server.asked.map(({ headers }) => headers.authorization);

  beforeEach(async () => {
    connection = await connect({ url: `${server.url}/people.csv?key=hidden` });
    await syncing.workspace.updateConnection(connection, null, (current) => ({
      edit: current,
      secrets: { authorization: 'Bearer secret-token' },
    }));
  });

  test('creates the people in the file, packed or not, and never shows the query', async () => {
    const first = await run(sends(header + everybody));
    expect(first).toMatchObject({ status: 'SUCCEEDED', counts: { created: 4 } });
    expect([server.asked[0]?.url, authorizations()]).toEqual(['/people.csv?key=hidden', ['Bearer secret-token']]);
    const packed = gzipSync(header + person('ada', 'ada', 'Ulm') + person('bo') + person('cy'));
    const second = await run((_request, response) =>
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(packed),
    );
    expect(second).toMatchObject({ status: 'SUCCEEDED', counts: { updated: 1, deactivated: 1, unchanged: 2 } });
    const log = (await syncing.log(first.id)).map(({ message }) => message).join('\n');
    expect(log).toContain(`${server.url}/people.csv`);
    expect(log).not.toMatch(/hidden|secret-token/);
  });

  test('changes nothing while the ETag is the same, unless somebody must be checked again', async () => {
    const tagged: Serve = (request, response) =>
      request.headers['if-none-match'] === '"1"'
        ? response.writeHead(304).end()
        : response.writeHead(200, { etag: '"1"' }).end(header + everybody);
    await run(tagged);
    const same = await run(tagged);
    expect(same).toMatchObject({ status: 'SUCCEEDED', mode: 'INCREMENTAL', counts: { read: 0, deactivated: 0 } });
    expect((await linesOf(same, 'INFO')).join('\n')).toContain('nothing has changed');
    const [ada] = await syncing.contacts();
    await syncing.editContact(String(ada?.id), `city = 'Ulm'`);
    expect(await run(tagged)).toMatchObject({ mode: 'FULL', counts: { read: 4, updated: 1 } });
    expect(await statuses()).toContain('ada Bonn ACTIVE');
    await run(sends(header + person('ada'), { etag: '"2"' }));
    expect(await run(tagged)).toMatchObject({ counts: { read: 4, reactivated: 3 } });
  });

  test.each<[string, Serve]>([
    [
      'before the length that was said',
      (_request, response) => {
        response.writeHead(200, { 'content-length': '5000' });
        response.write(header + person('ada', 'ada', 'Ulm') + person('bo').slice(0, 12), () => response.destroy());
      },
    ],
    [
      'in the middle of a chunked answer',
      (_request, response) => {
        response.writeHead(200);
        response.write(header + person('ada', 'ada', 'Ulm') + person('bo').slice(0, 12), () => response.destroy());
      },
    ],
    [
      'of a gzip',
      (_request, response) => {
        const packed = gzipSync(header + person('ada', 'ada', 'Ulm') + person('bo').repeat(2));
        response.writeHead(200, { 'content-encoding': 'gzip' }).end(packed.subarray(0, packed.length - 8));
      },
    ],
    [
      'without anything that says where its end is',
      (_request, response) => {
        response.writeHead(200, { connection: 'close', 'transfer-encoding': 'identity' });
        response.useChunkedEncodingByDefault = false;
        response.shouldKeepAlive = false;
        response.socket?.end(
          `HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n${header}${person('ada', 'ada', 'Ulm')}${person('bo')}`,
        );
      },
    ],
  ])('removes nobody when the file ends %s', async (_what, how) => {
    await run(sends(header + everybody, { etag: '"1"' }));
    const cut = await run(how);
    expect(cut).toMatchObject({ status: 'SUCCEEDED', counts: { updated: 1, deactivated: 0 } });
    expect(await statuses()).toEqual(['ada Ulm ACTIVE', 'bo Bonn ACTIVE', 'cy Bonn ACTIVE', 'di Bonn ACTIVE']);
    expect((await linesOf(cut, 'WARN')).join('\n')).toContain('cut off');
    // A file that was read only in part gives no version to continue from.
    await run(sends(header + everybody));
    expect(server.asked[0]?.headers['if-none-match']).toBeUndefined();
  });

  test.each<[string, Serve, string]>([
    ['401', (_request, response) => response.writeHead(401).end('secret page'), 'SIGN_IN_REFUSED'],
    ['404', (_request, response) => response.writeHead(404).end('secret page'), 'FILE_NOT_FOUND'],
    ['503', (_request, response) => response.writeHead(503).end('secret page'), 'SERVER_BUSY'],
    ['500', (_request, response) => response.writeHead(500).end('secret page'), 'INVALID_RESPONSE'],
    ['304 that nobody asked for', (_request, response) => response.writeHead(304).end(), 'INVALID_RESPONSE'],
    ['a web page', sends('<html>secret page', { 'content-type': 'text/html; charset=utf-8' }), 'INVALID_RESPONSE'],
    [
      'a file of 2 GB',
      (_request, response) => response.writeHead(200, { 'content-length': '2147483648' }).write('x'),
      'FILE_TOO_LARGE',
    ],
    [
      'a redirect to http://',
      (_request, response) => response.writeHead(302, { location: 'http://localhost/x' }).end(),
      'REDIRECT_REFUSED',
    ],
    ['a redirect to nowhere', (_request, response) => response.writeHead(302).end(), 'REDIRECT_REFUSED'],
    [
      'a redirect in a circle',
      (request, response) => response.writeHead(307, { location: request.url }).end(),
      'REDIRECT_REFUSED',
    ],
    [
      'a redirect to the metadata of a cloud',
      (_request, response) => response.writeHead(302, { location: 'https://169.254.169.254/latest' }).end(),
      'ADDRESS_NOT_ALLOWED',
    ],
    ['what it calls gzip', sends('no gzip', { 'content-encoding': 'gzip' }), 'INVALID_RESPONSE'],
    ['another packing', sends('x', { 'content-encoding': 'br' }), 'INVALID_RESPONSE'],
    ['no HTTP', (_request, response) => response.socket?.end('220 mail.example.org ESMTP\r\n'), 'INVALID_RESPONSE'],
    ['nothing', (_request, response) => response.socket?.destroy(), 'CONNECTION_LOST'],
  ])('fails with %s, removes nobody, and shows nothing of the answer', async (_what, how, code) => {
    await run(sends(header + everybody));
    const failed = await run(how);
    expect(failed).toMatchObject({ status: 'FAILED', error: { code, hint: expect.any(String) } });
    expect(JSON.stringify(failed.error)).not.toMatch(/secret page|hidden|secret-token/);
    expect((await statuses()).filter((one) => one.endsWith(' INACTIVE'))).toEqual([]);
  });

  test('follows a redirect, and sends the authorization to no other origin', async () => {
    const redirected = await run((request, response) => {
      const elsewhere = request.headers.host?.startsWith('localhost') ? `https://127.0.0.1:${server.port}/b` : null;
      if (request.url?.startsWith('/people.csv')) response.writeHead(302, { location: '/a' }).end();
      else if (request.url === '/a' && elsewhere !== null) response.writeHead(308, { location: elsewhere }).end();
      else response.end(header + everybody);
    });
    expect(redirected).toMatchObject({ status: 'SUCCEEDED', counts: { created: 4 } });
    expect(server.asked.map(({ url, headers }) => [url, headers.authorization])).toEqual([
      ['/people.csv?key=hidden', 'Bearer secret-token'],
      ['/a', 'Bearer secret-token'],
      ['/b', undefined],
    ]);
  });

  test('never sends a second header from an authorization with a line break', async () => {
    await syncing.workspace.updateConnection(connection, null, (current) => ({
      edit: current,
      secrets: { authorization: 'Bearer x\r\nX-Injected: 1' },
    }));
    const refused = await run(sends(header));
    expect(refused).toMatchObject({ status: 'FAILED', error: { code: 'SIGN_IN_REFUSED' } });
    expect(server.asked).toEqual([]);
  });
});
