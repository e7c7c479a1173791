import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { ConnectionEdit } from '../../src/core/records.ts';
import type { SourcesPort } from '../../src/core/sources-port.ts';
import { openSources } from '../../src/sync/open-sources.ts';
import { openReadingThreads, type ReadingThreads } from '../../src/sync/reading-threads.ts';
import { openRunsDatabase, type RunsDatabase } from '../runner/support/runs-database.ts';

let db: RunsDatabase;
let threads: ReadingThreads;
let sources: SourcesPort;

beforeAll(async () => {
  db = await openRunsDatabase();
  threads = openReadingThreads('tests');
  const addresses = { allowPrivate: false, cidrs: [] };
  sources = openSources({ threads, addresses, storedSecrets: db.store.secrets });
});
afterAll(async () => {
  await threads?.close();
  await db?.close();
});

const none = { has: new Set<string>(), given: {} };

describe('the sources', () => {
  test('know the kinds of source with their forms and defaults', () => {
    const kinds = sources.kinds();
    expect(kinds.map(({ kind }) => kind)).toEqual(['LDAP', 'ACTIVE_DIRECTORY', 'CSV']);
    for (const { settings, defaultMappings, defaultScope } of kinds) {
      expect(settings.some(({ type }) => type === 'SECRET')).toBe(true);
      expect(defaultMappings.length).toBeGreaterThan(0);
      expect(defaultScope.filter).toBeNull();
    }
  });

  test('override saved settings by given ones, restore defaults for null, and ignore unknown settings', () => {
    const saved = sources.settings('LDAP', null, { urls: ['ldap://a'], pageSize: 50, bindDn: 'cn=a' });
    expect(saved).toMatchObject({ urls: ['ldap://a'], pageSize: 50, bindDn: 'cn=a', timeoutSeconds: 30 });
    const given = { pageSize: null, bindDn: undefined, bindPassword: 'secret', startTls: true, colour: 'red' };
    const edited = sources.settings('LDAP', saved, given);
    expect(edited).toEqual({ ...saved, pageSize: 1000, startTls: true });
    expect(sources.settings('LDAP', { urls: ['ldap://a'], left: 'over' }, {})).toEqual({
      ...sources.settings('LDAP', null, {}),
      urls: ['ldap://a'],
    });
  });

  test("name a stored setting that they can't read", () => {
    expect(() => sources.settings('ACTIVE_DIRECTORY', { urls: 'ldap://a' }, {})).toThrow(
      expect.objectContaining({ code: 'SETTINGS_UNREADABLE', message: expect.stringContaining('urls') }),
    );
  });

  test('ask again only for secrets that would be sent elsewhere', () => {
    const saved = sources.settings('LDAP', null, { urls: ['ldap://a'] });
    const path = ['source', 'ldap'];
    const asked = (wanted: object, ...kept: string[]) =>
      sources
        .checkDestination('LDAP', { saved, wanted: { ...saved, ...wanted }, kept: new Set(kept) }, path)
        .map(({ field, code }) => `${field?.join('.')} ${code}`);
    const again = ['source.ldap.bindPassword SECRET_REQUIRED'];
    expect(asked({ urls: ['ldap://b'] }, 'bindPassword')).toEqual(again);
    expect(asked({ tlsVerify: false }, 'bindPassword')).toEqual(again);
    expect(asked({ pageSize: 5 }, 'bindPassword')).toEqual([]);
    expect(asked({ urls: ['ldap://b'] })).toEqual([]);
    expect(asked({ urls: ['ldap://b'] }, 'of another release')).toEqual([]);
  });

  const paths = {
    source: ['input', 'source', 'ldap'],
    scope: ['input', 'scope'],
    mappings: ['input', 'mappings'],
    removal: ['input', 'removal'],
  };
  const edit = (): ConnectionEdit => {
    const [ldap] = sources.kinds();
    if (ldap === undefined) throw new Error('No kinds.');
    return {
      name: 'Staff',
      description: '',
      status: 'ENABLED',
      continuous: false,
      fullEvery: 24,
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
      photo: false,
      matchBy: 'PRIMARY_EMAIL',
      priority: 100,
    };
  };

  test('find no fault in a connection with defaults', () => {
    expect(sources.checkConnection(edit(), none, paths)).toEqual([]);
  });

  test('report the faults of each part with its path in the arguments', () => {
    const good = edit();
    const faults = sources.checkConnection(
      {
        ...good,
        source: { ...good.source, urls: [] },
        scope: { ...good.scope, filter: '(cn=*' },
        mappings: [],
        removal: { ...good.removal, graceDays: -1, maxPercent: 101 },
      },
      none,
      paths,
    );
    expect(faults.map(({ field, code }) => `${field?.join('.')} ${code}`)).toEqual([
      'input.source.ldap.urls REQUIRED',
      'input.scope.filter INVALID_FILTER',
      'input.mappings NAME_REQUIRED',
      'input.removal.graceDays OUT_OF_RANGE',
      'input.removal.maxPercent OUT_OF_RANGE',
    ]);
    const source = { ...good.source, urls: [] };
    expect(sources.checkSource('LDAP', source, none, ['source', 'ldap'])).toMatchObject([
      { field: ['source', 'ldap', 'urls'], code: 'REQUIRED' },
    ]);
  });

  test('test a connection with the stored password, only at allowed addresses', async () => {
    const workspaceId = await db.addWorkspace();
    const connectionId = await db.addConnection(workspaceId, { bindPassword: 'hunter2' });
    const settings = { ...edit().source, urls: ['ldap://127.0.0.1:1'] };
    const connection = { id: connectionId, version: 1 };
    const test = { workspaceId, connection, kind: 'LDAP', settings, secrets: {} } as const;
    const result = await sources.test(test, new AbortController().signal);
    expect(result).toMatchObject({ ok: false, code: 'ADDRESS_NOT_ALLOWED' });
    expect(JSON.stringify(result)).not.toContain('hunter2');
  });
});
