import { randomBytes } from 'node:crypto';
import { uuidv7 } from 'uuidv7';
import type { Actor } from '../../../src/core/access.ts';
import type { ConnectionEdit } from '../../../src/core/records.ts';
import type { Store, WorkspaceStore } from '../../../src/core/store.ts';
import { createStore } from '../../../src/db/create-store.ts';
import { type Database, openDatabase } from '../../../src/db/pool/open-database.ts';
import { createSealer, type Sealer } from '../../../src/db/secrets/sealer.ts';
import { createDatabase } from '../../support/postgres.ts';

/** The database of one test file, with the store. */
export type Rig = {
  url: string;
  apiUrl: string;
  database: Database;
  sealer: Sealer;
  store: Store;
  /** Every statement that the API has sent. */
  statements: string[];
  /** A new workspace with its store. */
  workspace(): Promise<{ id: string; store: WorkspaceStore }>;
  close(): Promise<void>;
};

export async function openRig(): Promise<Rig> {
  const { url, apiUrl, close } = await createDatabase();
  const statements: string[] = [];
  const database = await openDatabase({ url, apiUrl, onStatement: (sql) => statements.push(sql) });
  const sealer = createSealer([randomBytes(32)]);
  const store = createStore({ ...database, sealer });
  return {
    url,
    apiUrl,
    database,
    sealer,
    store,
    statements,
    workspace: async () => {
      const id = uuidv7();
      await store.admitWorkspace({ id, name: 'Acme', timeZone: 'Europe/Berlin' });
      return { id, store: store.in(id) };
    },
    close: async () => {
      await database.close();
      await close();
    },
  };
}

export const member: Actor = { kind: 'MEMBER', id: 'm1', name: 'Ada' };

/** A complete edit of a connection. */
export const connectionEdit = (edit: Partial<ConnectionEdit> = {}): ConnectionEdit => ({
  name: 'Head office',
  description: '',
  status: 'ENABLED',
  schedule: null,
  continuous: false,
  fullEvery: 24,
  kind: 'LDAP',
  source: {
    urls: ['ldap://ldap.example.org'],
    startTls: false,
    tlsCa: null,
    tlsVerify: true,
    bindDn: 'cn=reader',
    baseDns: ['dc=example,dc=org'],
    pageSize: 1000,
    timeoutSeconds: 60,
    idAttribute: null,
  },
  scope: {
    groups: [],
    nestedGroups: false,
    excludeGroups: [],
    excludeBaseDns: [],
    match: 'ALL',
    rules: [],
    filter: null,
    includeDisabled: false,
    requireEmail: false,
  },
  mappings: [],
  removal: { action: 'DEACTIVATE', graceDays: 0, maxPercent: 10, maxCount: null, maxEmptiedPercent: 30 },
  photo: false,
  matchBy: 'PRIMARY_EMAIL',
  priority: 10,
  ...edit,
});
