import { afterEach, describe, expect, test } from '@jest/globals';
import { maxBarrenPages, maxParts } from '../../../../src/sync/source/ldap/read-parts.ts';
import { maxReferrals } from '../../../../src/sync/source/ldap/referrals.ts';
import {
  done,
  entry,
  type FakeOptions,
  type FakeServer,
  reference,
  startFakeServer,
} from '../../../support/ldap-fake-server.ts';
import { ldapSettings, type Reading, readEverybody } from '../../../support/ldap-reading.ts';

let server: FakeServer;
afterEach(() => server.close());

const read = async (
  options: FakeOptions,
  changes: Parameters<typeof ldapSettings>[1] = {},
  reading: Parameters<typeof readEverybody>[1] = {},
): Promise<Reading> => {
  server = await startFakeServer(options);
  return await readEverybody(ldapSettings(server, changes), reading);
};
const person = (id: number, uid: string): Buffer => entry(id, `uid=${uid}`, { entryUUID: uid, cn: uid });
/** The first search only finds out which attribute holds the id. */
const isProbe = (pageSize: number | null): boolean => pageSize === 10;
const pagesAsked = (): number =>
  server.searches.filter(({ scope, pageSize }) => scope === 2 && !isProbe(pageSize)).length;

describe('pages without an end that bring nobody new are INVALID_RESPONSE', () => {
  test.each<[string, (id: number, page: number) => Buffer[]]>([
    ['without entries', () => []],
    ['with the same people', (id) => [person(id, 'ada'), person(id, 'bob')]],
    ['with people without an id', (id, page) => [entry(id, `uid=u${page}`, { cn: 'x' })]],
    ['with references only', (id, page) => [reference(id, [`ldap://h${page}.example.org`])]],
  ])('%s', async (_name, entries) => {
    let page = 0;
    const search: FakeOptions['search'] = ({ id, pageSize }) =>
      isProbe(pageSize)
        ? [person(id, 'ada'), done(id, { cookie: '' })]
        : [...(page === 0 ? [person(id, 'ada')] : entries(id, page)), done(id, { cookie: `c${page++}` })];
    await expect(read({ search })).rejects.toMatchObject({
      code: 'INVALID_RESPONSE',
      message: expect.stringContaining('nobody new'),
      hint: expect.any(String),
    });
    expect(pagesAsked()).toBeLessThanOrEqual(maxBarrenPages + 3);
  });
});

test('many empty pages with a good cookie are always read to the end', async () => {
  const pages = 5 * (maxBarrenPages - 1);
  const search: FakeOptions['search'] = ({ id, pageSize, cookie }) => {
    if (isProbe(pageSize)) return [person(id, '0'), done(id, { cookie: '' })];
    const page = Number(cookie);
    const somebody = page % (maxBarrenPages - 1) === 0 ? [person(id, String(page))] : [];
    return [...somebody, done(id, { cookie: page === pages ? '' : String(page + 1) })];
  };
  const { entries, summary } = await read({ search });
  expect(entries).toHaveLength(6);
  expect(summary.complete).toBe(true);
});

test('a base inside another may bring everybody once more, on as many pages', async () => {
  const pages = maxBarrenPages + 50;
  const search: FakeOptions['search'] = ({ id, pageSize, cookie }) =>
    isProbe(pageSize)
      ? [person(id, '0'), done(id, { cookie: '' })]
      : [person(id, cookie), done(id, { cookie: Number(cookie) === pages ? '' : String(Number(cookie) + 1) })];
  const { summary, entries } = await read({ search }, { baseDns: ['dc=org', 'dc=example,dc=org'] });
  expect(new Set(entries.map(({ id }) => id)).size).toBeLessThanOrEqual(pages + 1);
  expect(summary.complete).toBe(true);
});

test('endless search references are cut, and the read is not complete', async () => {
  const urls = Array.from({ length: 3 * maxReferrals }, (_, i) => `ldap://h${i}.example.org`);
  const { summary } = await read({
    search: ({ id }) => [person(id, 'a'), ...urls.map((url) => reference(id, [url])), done(id, { cookie: '' })],
  });
  expect(summary.referrals).toHaveLength(maxReferrals);
  expect(summary).toMatchObject({ complete: false, because: expect.stringContaining('refers to more than') });
  expect(summary.notes[0]?.message.length).toBeLessThan(2000);
});

describe('an attribute in parts', () => {
  const inParts = (part: (from: number) => [name: string, values: string[]] | null): FakeOptions => ({
    base: ({ id, baseDn, attributes }) => {
      const from = Number(/range=(\d+)/.exec(attributes[0] ?? '')?.[1] ?? Number.NaN);
      const sent = Number.isNaN(from) ? (['cn', ['x']] as const) : part(from);
      return [...(sent === null ? [] : [entry(id, baseDn, { [sent[0]]: [...sent[1]] })]), done(id)];
    },
    search: ({ id }) => [entry(id, 'uid=a', { entryUUID: 'a', 'mail;range=0-0': ['0'] }), done(id, { cookie: '' })],
  });

  test.each<[string, Parameters<typeof inParts>[0], string]>([
    ['that begins anew', () => ['mail;range=0-0', ['0']], 'again'],
    ['that stands still', (from) => [`mail;range=${from - 1}-${from - 1}`, ['0']], 'again'],
    ['that has no end', (from) => [`mail;range=${from}-${from}`, ['0']], `after ${maxParts} parts`],
    ['that never comes', () => null, 'does not send the rest'],
  ])('%s is INVALID_RESPONSE', async (_name, part, words) => {
    await expect(read(inParts(part), {}, { attributes: ['mail'] })).rejects.toMatchObject({
      code: 'INVALID_RESPONSE',
      message: expect.stringContaining(words),
    });
    expect(server.searches.length).toBeLessThan(maxParts + 20);
  });

  test('also in a group’s members', async () => {
    const options = inParts((from) => [`member;range=${from}-${from}`, [`uid=u${from}`]]);
    const base: FakeOptions['base'] = (search) =>
      search.attributes.includes('member')
        ? [entry(search.id, search.baseDn, { 'member;range=0-0': ['uid=u0'] }), done(search.id)]
        : (options.base?.(search) ?? []);
    await expect(read({ ...options, base }, {}, { scope: { groups: ['cn=all'] } })).rejects.toMatchObject({
      code: 'INVALID_RESPONSE',
    });
  });
});

test('endless groups within groups are followed for 50 levels, and the read is incomplete', async () => {
  const base: FakeOptions['base'] = ({ id, baseDn }) => {
    const level = Number(/^cn=g(\d+)$/.exec(baseDn)?.[1] ?? Number.NaN);
    const group = { objectClass: 'groupOfNames', member: [`cn=g${level + 1}`, 'cn=g0', 'uid=a'] };
    return [entry(id, baseDn, Number.isNaN(level) ? {} : group), done(id)];
  };
  const search: FakeOptions['search'] = ({ id }) => [entry(id, 'uid=a', { entryUUID: 'a' }), done(id, { cookie: '' })];
  const { entries, summary } = await read({ base, search }, {}, { scope: { groups: ['cn=g0'], nestedGroups: true } });
  expect(entries).toMatchObject([{ inGroups: true }]);
  expect(summary).toMatchObject({ complete: false, because: expect.stringContaining('50 levels') });
});
