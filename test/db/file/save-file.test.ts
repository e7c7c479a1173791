import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { uuidv7 } from 'uuidv7';
import type { WorkspaceStore } from '../../../src/core/store.ts';
import type { StoredFile, StoredFiles } from '../../../src/core/stored-files.ts';
import { storedFiles } from '../../../src/db/file/read-file.ts';
import { insertRun } from '../support/insert-rows.ts';
import { connectionEdit, member, openRig, type Rig } from '../support/open-rig.ts';

let rig: Rig;
let workspaceId: string;
let store: WorkspaceStore;
let connectionId: string;

beforeAll(async () => {
  rig = await openRig();
});
afterAll(() => rig?.close());

beforeEach(async () => {
  ({ id: workspaceId, store } = await rig.workspace());
  connectionId = (await store.createConnection(connectionEdit(), {}, member)).id;
});

async function* chunks(...texts: (string | Uint8Array)[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield typeof text === 'string' ? Buffer.from(text) : text;
}

async function* cutOff(): AsyncGenerator<Uint8Array> {
  yield Buffer.alloc(3 * 1024 * 1024, 'x');
  throw new Error('cut off');
}

const reader = (runId: string | null = null): StoredFiles =>
  storedFiles((sql, values) => rig.database.syncPool.query(sql, values), { workspaceId, connectionId, runId });

async function contentOf(files: StoredFiles, file: StoredFile | null): Promise<string | null> {
  if (file === null) return null;
  const read: Uint8Array[] = [];
  for await (const bytes of files.read(file.id)) read.push(bytes);
  return Buffer.concat(read).toString();
}

const current = async (): Promise<string | null> => {
  const parts = reader();
  return contentOf(parts, await parts.find());
};

const rows = async (table: string): Promise<number> => {
  const { rows: counted } = await rig.database.syncPool.query(
    `SELECT count(*)::int AS n FROM "${table}" WHERE workspace_id = $1`,
    [workspaceId],
  );
  return counted[0].n;
};

describe('a file of a connection', () => {
  test('is absent until one has been uploaded, and then shown with the connection', async () => {
    expect(await reader().find()).toBeNull();
    const saved = await store.saveFile(connectionId, 'people.csv', chunks('id,', 'name\n'));
    expect(saved).toEqual({ id: expect.any(String), name: 'people.csv', bytes: 8, uploadedAt: expect.any(Date) });
    expect(await current()).toBe('id,name\n');
    expect((await store.connectionsByIds([connectionId]))[0]?.file).toEqual(saved);
  });

  test('is read back as it was sent, in parts of equal size', async () => {
    const large = Buffer.from(Array.from({ length: 2_500_000 }, (_, i) => i % 251));
    const saved = await store.saveFile(
      connectionId,
      'large',
      chunks(large.subarray(0, 7), large.subarray(7, 2_000_000), large.subarray(2_000_000)),
    );
    expect(saved?.bytes).toBe(2_500_000);
    const read: Uint8Array[] = [];
    for await (const bytes of reader().read(saved?.id ?? '')) read.push(bytes);
    const sizes = read.map(({ length }) => length);
    expect(sizes).toEqual([1_048_576, 1_048_576, 402_848]);
    expect(Buffer.concat(read).equals(large)).toBe(true);
  });

  test.each([['', 0]])('may be empty', async (text, bytes) => {
    expect((await store.saveFile(connectionId, 'empty', chunks(text)))?.bytes).toBe(bytes);
    expect(await current()).toBe('');
  });

  test('stays when the next upload is cut off, and nothing of that is left', async () => {
    await store.saveFile(connectionId, 'first', chunks('first'));
    await expect(store.saveFile(connectionId, 'second', cutOff())).rejects.toThrow('cut off');
    expect(await current()).toBe('first');
    expect([await rows('connection_file'), await rows('connection_file_part')]).toEqual([1, 1]);
  });

  test('is the complete one of the upload that ended last, of two at once', async () => {
    const letGo = Promise.withResolvers<void>();
    async function* slow(): AsyncGenerator<Uint8Array> {
      yield Buffer.alloc(1024 * 1024, 's');
      await letGo.promise;
      yield Buffer.from('slow');
    }
    const first = store.saveFile(connectionId, 'slow', slow());
    await store.saveFile(connectionId, 'quick', chunks('quick'));
    expect(await current()).toBe('quick');
    letGo.resolve();
    await first;
    expect((await current())?.length).toBe(1024 * 1024 + 4);
    expect([await rows('connection_file'), await rows('connection_file_part')]).toEqual([1, 2]);
  });

  test('stays for the run that reads it while another one is uploaded, and is deleted when the run is over', async () => {
    await store.saveFile(connectionId, 'first', chunks('first'));
    const runId = await insertRun(rig.database.syncPool, workspaceId, { connectionId, status: 'RUNNING' });
    const parts = reader(runId);
    const found = await parts.find();
    await store.saveFile(connectionId, 'second', chunks('second'));
    await store.saveFile(connectionId, 'third', chunks('third'));
    expect(await contentOf(parts, found)).toBe('first');
    expect([await current(), await rows('connection_file')]).toEqual(['third', 2]);
    await rig.database.syncPool.query(`UPDATE run SET status = 'SUCCEEDED', phase = 'FINISHED' WHERE id = $1`, [runId]);
    await store.saveFile(connectionId, 'fourth', chunks('fourth'));
    expect([await current(), await rows('connection_file')]).toEqual(['fourth', 1]);
  });

  test('that an earlier run has read is deleted when the next run reads', async () => {
    await store.saveFile(connectionId, 'first', chunks('first'));
    const runId = await insertRun(rig.database.syncPool, workspaceId, { connectionId, status: 'RUNNING' });
    const first = await reader(runId).find();
    await store.saveFile(connectionId, 'second', chunks('second'));
    expect(await rows('connection_file')).toBe(2);
    const next = reader(uuidv7());
    expect([await contentOf(next, await next.find()), await rows('connection_file')]).toEqual(['second', 1]);
    await expect(contentOf(next, first)).rejects.toMatchObject({ code: 'FILE_REPLACED' });
  });

  test('is deleted with its connection, and so is an upload under way', async () => {
    await store.saveFile(connectionId, 'first', chunks('first'));
    async function* deleting(): AsyncGenerator<Uint8Array> {
      yield Buffer.alloc(1024 * 1024);
      await store.deleteConnection(connectionId, 'KEEP', member);
      yield Buffer.alloc(1024 * 1024);
    }
    expect(await store.saveFile(connectionId, 'second', deleting())).toBeNull();
    expect([await rows('connection_file'), await rows('connection_file_part')]).toEqual([0, 0]);
  });

  test('can’t be uploaded to a connection of another workspace, or to an unknown one', async () => {
    const foreign = (await rig.workspace()).store;
    expect(await foreign.saveFile(connectionId, 'x', chunks('x'))).toBeNull();
    expect(await store.saveFile(uuidv7(), 'x', chunks('x'))).toBeNull();
    expect(await store.saveFile('no id', 'x', chunks('x'))).toBeNull();
    expect(await current()).toBeNull();
  });

  test('whose upload was abandoned because its process died is deleted by a later upload', async () => {
    await store.saveFile(connectionId, 'first', chunks('first'));
    const left = uuidv7();
    await rig.database.syncPool.query(
      `INSERT INTO connection_file (workspace_id, id, connection_id, name, touched_at) VALUES ($1, $2, $3, 'left', now() - interval '2 hours')`,
      [workspaceId, left, connectionId],
    );
    await store.saveFile(connectionId, 'second', chunks('second'));
    expect([await current(), await rows('connection_file')]).toEqual(['second', 1]);
  });
});
