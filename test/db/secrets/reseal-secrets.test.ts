import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createStore } from '../../../src/db/create-store.ts';
import { resealSecrets } from '../../../src/db/secrets/connection-secrets.ts';
import { createSealer } from '../../../src/db/secrets/sealer.ts';
import { connectionEdit, member, openRig, type Rig } from '../support/open-rig.ts';

const [oldKey, newKey] = [randomBytes(32), randomBytes(32)];

let rig: Rig;
beforeAll(async () => {
  rig = await openRig();
});
afterAll(() => rig.close());

const sealedWith = async (key: Buffer, bindPassword: string): Promise<string> => {
  const { id: workspaceId } = await rig.workspace();
  const store = createStore({ ...rig.database, sealer: createSealer([key]) });
  return (await store.in(workspaceId).createConnection(connectionEdit(), { bindPassword }, member)).id;
};

/** The secret, opened with only the newest key. Null: that key does not open it. */
const openedByNew = async (connectionId: string): Promise<string | null> => {
  const { rows } = await rig.database.syncPool.query(
    `SELECT workspace_id AS "workspaceId", connection_id AS "connectionId", name, key_id AS "keyId", sealed
     FROM connection_secret WHERE connection_id = $1`,
    [connectionId],
  );
  try {
    return createSealer([newKey]).open(rows[0]);
  } catch {
    return null;
  }
};

test('after a service has started with new and old key, the new key alone opens all secrets', async () => {
  const [before, already] = [await sealedWith(oldKey, 'old secret'), await sealedWith(newKey, 'new secret')];
  expect(await openedByNew(before)).toBeNull();
  await resealSecrets(rig.database.syncPool, createSealer([newKey, oldKey]));
  expect(await openedByNew(before)).toBe('old secret');
  expect(await openedByNew(already)).toBe('new secret');
});

test('a secret whose key is missing stays as it is, and the others are sealed again', async () => {
  const lostKey = randomBytes(32);
  const [lost, before] = [await sealedWith(lostKey, 'lost secret'), await sealedWith(oldKey, 'old secret')];
  await resealSecrets(rig.database.syncPool, createSealer([newKey, oldKey]));
  expect(await openedByNew(before)).toBe('old secret');
  await resealSecrets(rig.database.syncPool, createSealer([newKey, lostKey]));
  expect(await openedByNew(lost)).toBe('lost secret');
});
