import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type Slapd, startSlapd } from '../support/slapd.ts';
import { createSyncing, type LoneSyncing } from '../support/syncing.ts';
import { map, somebody, sumOf, unit } from './small-directory.ts';

let slapd: Slapd;
let syncing: LoneSyncing;
beforeAll(async () => {
  const entries = [unit, somebody('ada', { title: '3' }), somebody('bob', { title: '900000000' }), somebody('eve')];
  slapd = await startSlapd({ entries });
  syncing = await createSyncing();
});
afterAll(async () => {
  await syncing?.close();
  await slapd?.close();
});

const named = map('DISPLAY_NAME', 'displayName');
const notes = (template: string) => map('NOTES', '', { attributes: [], template });

test('a template that is too costly for one person skips that person with a line, and imports the others', async () => {
  const mappings = [named, notes('{% for i in (1..title) %}{{ i }}{% endfor %}')];
  const run = await syncing.sync(await syncing.createConnection(slapd, { mappings }));
  expect(run).toMatchObject({ status: 'SUCCEEDED', counts: { inScope: 3, created: 2, skipped: 1 } });
  expect(sumOf(run.counts)).toBe(3);
  const lines = await syncing.log(run.id);
  expect(lines.filter(({ code }) => code === 'TEMPLATE_FAILED')).toMatchObject([
    { level: 'WARN', message: expect.stringMatching(/NOTES.* more than 2,000,000 steps for one person/) },
  ]);
});

test('a template that is too costly for everybody is tried for each person, and the run ends', async () => {
  const mappings = [named, notes('{% for i in (1..3000) %}{% for j in (1..3000) %}{% endfor %}{% endfor %}')];
  const run = await syncing.sync(await syncing.createConnection(slapd, { mappings }));
  expect(run).toMatchObject({ status: 'SUCCEEDED', counts: { inScope: 3, created: 0, skipped: 3 } });
});
