import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type ImportFault, importFaults } from '../../scripts/check/import-faults.ts';

/** One forbidden import for each rule: the file that has it, what it imports, and the rule that must report it. */
const planted: [rule: string, from: string, to: string][] = [
  ['server-arrows', 'src/server/a.ts', '../runner/x.ts'],
  ['api-arrows', 'src/api/a.ts', '../db/x.ts'],
  ['api-arrows', 'src/api/d.ts', '../runner/x.ts'],
  ['runner-arrows', 'src/runner/a.ts', '../api/x.ts'],
  ['runner-arrows', 'src/runner/e.ts', '../sync/x.ts'],
  ['db-arrows', 'src/db/a.ts', '../sync/x.ts'],
  ['sync-arrows', 'src/sync/a.ts', '../db/x.ts'],
  ['search-arrows', 'src/search/a.ts', '../db/x.ts'],
  ['access-arrows', 'src/access/a.ts', '../db/x.ts'],
  ['core-arrows', 'src/core/a.ts', '../access/x.ts'],
  ['stages-do-not-import-each-other', 'src/sync/plan/a.ts', '../map/x.ts'],
  ['a-kind-of-source-stays-in-its-folder', 'src/sync/b.ts', './source/kind/x.ts'],
  ['kinds-of-source-do-not-know-each-other', 'src/sync/source/other/a.ts', '../kind/x.ts'],
  ['app-is-the-composition-root', 'src/config.ts', './app.ts'],
  ['core-has-no-packages', 'src/core/b.ts', 'zod'],
  ['migrations-know-typeorm-only', 'migrations/a.ts', '../src/core/x.ts'],
  ['database-packages-in-db', 'src/runner/b.ts', 'pg'],
  ['database-packages-in-db', 'src/runner/c.ts', 'pg-boss'],
  ['database-packages-in-db', 'src/api/c.ts', 'typeorm'],
  ['database-packages-in-db', 'src/sync/c.ts', 'pg-copy-streams'],
  ['directory-packages-in-source', 'src/sync/map/b.ts', 'ldapts'],
  ['graphql-packages-at-the-edge', 'src/runner/d.ts', 'graphql'],
  ['graphql-packages-at-the-edge', 'src/access/d.ts', 'type-graphql'],
  ['graphql-packages-at-the-edge', 'src/app.ts', '@apollo/server'],
  ['demo-packages-stay-out', 'src/sync/source/b.ts', 'ldapjs'],
  ['no-cycles', 'src/access/e.ts', './f.ts'],
  ['no-unresolvable', 'src/access/g.ts', './nowhere.ts'],
];

describe('import rules', () => {
  let folder: string;
  let faults: ImportFault[];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'planted-'));
    await symlink(join(import.meta.dirname, '../../node_modules'), join(folder, 'node_modules'));
    const rooms = ['core', 'access', 'api', 'db', 'runner', 'sync', 'sync/map', 'sync/source/kind'];
    for (const room of rooms) await put(`src/${room}/x.ts`, 'export const x = 1;\n');
    await put('src/access/f.ts', "import './e.ts';\n");
    for (const [, from, to] of planted) await put(from, `import '${to}';\n`);
    ({ faults } = await importFaults(folder));
  });
  afterAll(() => rm(folder, { recursive: true }));

  const put = async (path: string, text: string): Promise<void> => {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  };

  test.each(planted)('%s is reported when %s imports %s', (rule, from) => {
    expect(faults).toContainEqual(expect.objectContaining({ rule, from }));
  });

  test('nothing else is reported', () => {
    const expected = planted.map(([rule, from]) => `${rule} ${from}`);
    expect(faults.filter(({ rule, from }) => !expected.includes(`${rule} ${from}`))).toEqual([]);
  });

  test('the service has no forbidden import', async () => {
    const { faults: real, filesRead } = await importFaults();
    expect(real).toEqual([]);
    expect(filesRead).toBeGreaterThan(100);
  });
});
