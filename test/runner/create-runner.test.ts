import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { ConnectionEdit } from '../../src/core/records.ts';
import { createRunner, type Runner } from '../../src/runner/create-runner.ts';
import { openReadingThreads } from '../../src/sync/reading-threads.ts';
import { collectLog } from './support/collect-log.ts';
import { anna, openRunsDatabase, type RunsDatabase } from './support/runs-database.ts';

let db: RunsDatabase;
let runner: Runner;

beforeAll(async () => {
  db = await openRunsDatabase();
  const addresses = { allowPrivate: false, cidrs: [] };
  runner = createRunner({
    store: db.store,
    signals: db.signals,
    addresses,
    threads: openReadingThreads('tests'),
    log: collectLog(),
  });
});
afterAll(async () => {
  await runner.close();
  await db.close();
});

const request = { mode: 'AUTO', dryRun: false, review: false, by: anna } as const;

describe('the runner', () => {
  test('starts a run once, and tells the second time that it is running', async () => {
    const workspaceId = await db.addWorkspace();
    const connectionId = await db.addConnection(workspaceId);
    const first = await runner.startRun(workspaceId, connectionId, request);
    expect(first).toMatchObject({ kind: 'started', alreadyRunning: false, run: { mode: null, startedBy: anna } });
    const second = await runner.startRun(workspaceId, connectionId, { ...request, mode: 'FULL' });
    expect(second).toEqual({ ...first, alreadyRunning: true });
  });

  test('starts nothing of a Draft but a dry run', async () => {
    const workspaceId = await db.addWorkspace();
    const connectionId = await db.addConnection(workspaceId, { status: 'DRAFT' });
    expect(await runner.startRun(workspaceId, connectionId, request)).toEqual({ kind: 'draft' });
    const dry = await runner.startRun(workspaceId, connectionId, { ...request, dryRun: true, mode: 'FULL' });
    expect(dry).toMatchObject({ kind: 'started', run: { dryRun: true, mode: 'FULL' } });
  });

  test('refuses a start where Contact Sync was turned off just now', async () => {
    const workspaceId = await db.addWorkspace();
    const connectionId = await db.addConnection(workspaceId);
    await db.pool.query(`UPDATE workspace SET contact_sync_enabled = false WHERE id = $1`, [workspaceId]);
    await expect(runner.startRun(workspaceId, connectionId, request)).rejects.toMatchObject({ code: 'FORBIDDEN' });
  });

  test('starts all Enabled connections, one that runs already counting with its run', async () => {
    const workspaceId = await db.addWorkspace();
    await db.addConnection(workspaceId, { name: 'Draft', status: 'DRAFT' });
    const ids = [
      await db.addConnection(workspaceId, { name: 'A' }),
      await db.addConnection(workspaceId, { name: 'B' }),
      await db.addConnection(workspaceId, { name: 'C' }),
    ];
    const running = await runner.startRun(workspaceId, ids[1] ?? '', request);
    const runs = await runner.startAllRuns(workspaceId, { mode: 'AUTO', by: anna });
    expect(runs.map(({ connectionId }) => connectionId)).toEqual(ids);
    expect(runs.map(({ trigger }) => trigger)).toEqual(['RUN_ALL', 'MANUAL', 'RUN_ALL']);
    expect(running).toMatchObject({ run: { id: runs[1]?.id } });
  });

  test('knows the kinds of source with their forms and beginnings', () => {
    const kinds = runner.sourceKinds();
    expect(kinds.map(({ kind }) => kind)).toEqual(['LDAP', 'ACTIVE_DIRECTORY']);
    for (const { settings, defaultMappings, defaultScope } of kinds) {
      expect(settings.some(({ name, type }) => name === 'bindPassword' && type === 'SECRET')).toBe(true);
      expect(defaultMappings.length).toBeGreaterThan(0);
      expect(defaultScope.filter).toBeNull();
    }
  });

  const paths = {
    source: ['input', 'source', 'ldap'],
    scope: ['input', 'scope'],
    mappings: ['input', 'mappings'],
    removal: ['input', 'removal'],
    schedule: ['input', 'schedule'],
  };
  const edit = (): ConnectionEdit => {
    const [ldap] = runner.sourceKinds();
    if (ldap === undefined) throw new Error('No kinds.');
    return {
      name: 'Staff',
      description: '',
      status: 'ENABLED',
      schedule: { cron: '0 6 * * *', timeZone: 'Europe/Berlin' },
      kind: 'LDAP',
      source: {
        urls: ['ldaps://ldap.example.com'],
        startTls: false,
        tlsCa: null,
        tlsVerify: true,
        bindDn: null,
        baseDns: ['dc=example,dc=com'],
        pageSize: 1000,
        timeoutSeconds: 30,
        idAttribute: null,
      },
      scope: ldap.defaultScope,
      mappings: ldap.defaultMappings,
      removal: { action: 'DEACTIVATE', graceDays: 0, maxPercent: null, maxCount: null, maxEmptiedPercent: 30 },
      matchBy: 'PRIMARY_EMAIL',
      priority: 100,
    };
  };

  test('finds nothing wrong with a connection of defaults', () => {
    expect(runner.checkConnection(edit(), paths)).toEqual([]);
  });

  test('tells the faults of each part where it stands in the arguments', () => {
    const good = edit();
    const faults = runner.checkConnection(
      {
        ...good,
        source: { ...good.source, urls: [] },
        scope: { ...good.scope, filter: '(cn=*' },
        mappings: [],
        removal: { ...good.removal, graceDays: -1, maxPercent: 101 },
        schedule: { cron: '0 6 * * *', timeZone: 'Mars/Base' },
      },
      paths,
    );
    expect(faults.map(({ field, code }) => `${field?.join('.')} ${code}`)).toEqual([
      'input.source.ldap.urls REQUIRED',
      'input.scope.filter INVALID_FILTER',
      'input.mappings NAME_REQUIRED',
      'input.removal.graceDays OUT_OF_RANGE',
      'input.removal.maxPercent OUT_OF_RANGE',
      'input.schedule.timeZone INVALID_TIME_ZONE',
    ]);
    const source = { ...good.source, urls: [] };
    expect(runner.checkSource('LDAP', source, ['source', 'ldap'])).toMatchObject([
      { field: ['source', 'ldap', 'urls'], code: 'REQUIRED' },
    ]);
  });

  test('tests a connection by the stored password, and keeps to the allowed addresses', async () => {
    const workspaceId = await db.addWorkspace();
    const connectionId = await db.addConnection(workspaceId, { bindPassword: 'hunter2' });
    const settings = { ...edit().source, urls: ['ldap://127.0.0.1:1'] };
    const connection = { id: connectionId, version: 1 };
    const test = { workspaceId, connection, kind: 'LDAP', settings, secrets: null } as const;
    const result = await runner.testConnection(test, new AbortController().signal);
    expect(result).toMatchObject({ ok: false, code: 'ADDRESS_NOT_ALLOWED' });
    expect(JSON.stringify(result)).not.toContain('hunter2');
  });
});
