import { afterEach, describe, expect, test } from '@jest/globals';
import type { FeedAnswer, NoFeed } from '../../../../src/sync/source/ldap/feed/change-feed.ts';
import { openFeed } from '../../../../src/sync/source/ldap/feed/open-feed.ts';
import { present } from '../../../../src/sync/source/ldap/filter/filter.ts';
import type { LdapSettings } from '../../../../src/sync/source/ldap/ldap-settings.ts';
import { reach } from '../../../../src/sync/source/ldap/reach.ts';
import { done, entry, type FakeSearch, type FakeValue, startFakeServer } from '../../../support/ldap-fake-server.ts';
import { ldapSettings, openOptions } from '../../../support/ldap-reading.ts';

const base = 'dc=example,dc=org';
const idOf = (n: number): string => `0000000${n}-00000000-00000000-00000000`;

/** An entry of the log, about the person with the number of its change. */
type Logged = Record<string, FakeValue>;
const change = (number: number, changes: Logged = {}): Logged => ({
  changeNumber: String(number),
  targetDn: `uid=p${number},${base}`,
  targetUniqueId: idOf(number),
  changeType: 'modify',
  nsUniqueId: `log ${number}`,
  ...changes,
});
const without = (number: number, name: string): Logged => {
  const { [name]: _, ...rest } = change(number);
  return rest;
};

/** What a server shows. */
type Shown = {
  last: string;
  started: string;
  log: Logged[];
  settings: Record<string, FakeValue | FakeValue[]> | null;
  /** The value of hasSubordinates of all entries; null: no entry is seen. */
  subordinates: string | null;
  /** The result of a search of the log. */
  code: number;
};
const before: Shown = {
  last: '2',
  started: '1',
  log: [change(1), change(2)],
  settings: { 'nsslapd-pluginEnabled': 'on', 'nsslapd-attribute': 'nsuniqueid:targetUniqueId' },
  subordinates: 'FALSE',
  code: 0,
};
const after: Shown = { ...before, last: '4', log: [1, 2, 3, 4].map((n) => change(n)) };

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

function answerOf(shown: Shown, { id, baseDn, filter, attributes }: FakeSearch): Buffer[] {
  if (baseDn === 'cn=changelog') {
    const from = 'value' in filter ? Number(String(filter.value)) : 0;
    const isMeant = ({ changeNumber }: Logged) =>
      filter.kind === 'equal' ? Number(changeNumber) === from : !(Number(changeNumber) < from);
    const found = shown.log.filter(isMeant).map((one) => entry(id, `changenumber=x,${baseDn}`, one));
    return [...found, done(id, filter.kind === 'equal' ? {} : { code: shown.code, cookie: '' })];
  }
  if (!attributes.includes('hasSubordinates') || shown.subordinates === null) return [done(id)];
  const { subordinates: hasSubordinates } = shown;
  return [
    ...[1, 2, 3, 4, 5].map((n) => entry(id, `uid=p${n},${base}`, { nsUniqueId: idOf(n), hasSubordinates })),
    done(id),
  ];
}

/** Opens the feed of a server at its place before, and asks it when the server shows the other. */
async function told(then: Partial<Shown>, first: Shown = before, idAttribute = 'nsUniqueId') {
  let shown = first;
  const rootDse: Record<string, FakeValue[]> = {};
  const show = (next: Shown): void => {
    shown = next;
    Object.assign(rootDse, { lastchangenumber: [next.last], dataversion: [next.started] });
  };
  Object.assign(rootDse, {
    vendorVersion: ['389-Directory/2.3.1'],
    supportedControl: ['1.2.840.113556.1.4.319'],
    namingContexts: [base],
    changelog: ['cn=changelog'],
  });
  show(first);
  const server = await startFakeServer({
    rootDse,
    base: ({ id, baseDn }) => [
      ...(shown.settings === null ? [] : [entry(id, baseDn, shown.settings)]),
      done(id, { code: shown.settings === null ? 32 : 0 }),
    ],
    search: (search) => answerOf(shown, search),
  });
  closing.push(() => server.close());
  const settings: LdapSettings = ldapSettings(server);
  const reached = await reach(settings, {}, openOptions(), () => {});
  closing.push(() => reached.connection.close());
  const found = { attribute: idAttribute, readable: true, sampled: 1, changeAttribute: null, hiddenFlags: [] };
  const open = () => openFeed(reached, { filter: present('objectClass') }, found);
  const opened = await open();
  if ('because' in opened) return opened;
  show({ ...after, ...then });
  const again = await open();
  if ('because' in again) return again;
  return again.since(JSON.parse(JSON.stringify(opened.place)));
}
const because = (answer: FeedAnswer | NoFeed): string | null => ('because' in answer ? answer.because : 'told');

describe('a change log', () => {
  test('tells who was touched since the last read, and nobody else', async () => {
    expect(await told({})).toMatchObject({ touched: { gone: new Set([idOf(3), idOf(4)]), others: null } });
    expect(await told({ last: '2' })).toMatchObject({ touched: { gone: new Set() } });
    const log = [4, 3, 5, 2, 3].map((n) => change(n));
    expect(await told({ log })).toMatchObject({ touched: { gone: new Set([idOf(3), idOf(4)]) } });
  });

  test.each<[string, Partial<Shown>, RegExp]>([
    ['has been trimmed', { log: [change(3), change(4)] }, /does not have all changes/],
    ['lacks a change', { log: [change(2), change(4)] }, /does not have all changes/],
    ['has a number that is none', { log: [change(2), change(3, { changeNumber: '3x' }), change(4)] }, /all changes/],
    ['does not name an id', { log: [change(2), without(3, 'targetUniqueId'), change(4)] }, /or not their ids/],
    ['does not name a DN', { log: [change(2), without(3, 'targetDn'), change(4)] }, /or not their ids/],
    ['does not name a kind', { log: [change(2), without(3, 'changeType'), change(4)] }, /or not their ids/],
    ['names an unknown kind', { log: [change(2), change(3, { changeType: 'x' }), change(4)] }, /unknown kind/],
    ['is much longer', { last: '10003', log: [change(10_003), ...after.log] }, /too many changes/],
    ['is refused', { code: 50 }, /./],
    ['was off with its server', { started: '2' }, /was started/],
    ['changes entries with others below', { subordinates: 'TRUE' }, /entries below it/],
    ['changes entries that do not show it', { subordinates: '' }, /entries below it/],
    ['changes hidden entries', { subordinates: null }, /can not see/],
  ])('that %s is not believed', async (_, then, reason) => {
    const answer = await told(then).catch((error: unknown) => ({ kind: 'silent' as const, because: String(error) }));
    expect(answer).toMatchObject({ kind: 'silent' });
    expect(because(answer)).toMatch(reason);
  });

  test('may change entries that the account does not see, if they are gone, or far away and have not moved', async () => {
    const two = (changes: Logged) => [change(2), change(3, changes), change(4, { changeType: 'add' })];
    const hidden = async (log: Logged[]) => because(await told({ log, subordinates: null }));
    expect(await hidden(two({ changeType: 'delete' }))).toBe('told');
    expect(await hidden(two({ targetDn: 'ou=x,dc=other' }))).toBe('told');
    expect(await hidden(two({ targetDn: 'ou=x,dc=other', changeType: 'modrdn' }))).toMatch(/can not see/);
    expect(await hidden(two({ targetDn: 'dc=org' }))).toMatch(/can not see/);
  });

  test.each<[string, Partial<Shown>]>([
    ['with fewer changes', { last: '1' }],
    [
      'with another entry at the place of the last read',
      { log: [change(2, { nsUniqueId: 'x' }), change(3), change(4)] },
    ],
  ])('%s began anew', async (_, then) => {
    expect(await told(then)).toMatchObject({ kind: 'anew' });
  });

  test.each<[string, Partial<Shown>, RegExp]>([
    ['is hidden', { log: [] }, /may not read the change log/],
    ['hides its settings', { settings: null }, /may not read the settings/],
    ['is off', { settings: { ...before.settings, 'nsslapd-pluginEnabled': 'off' } }, /settings/],
    ['names no ids', { settings: { 'nsslapd-pluginEnabled': 'on' } }, /does not name ids/],
    [
      'leaves the base out',
      { settings: { ...before.settings, 'nsslapd-exclude-suffix': `ou=x,${base}` } },
      /leave out/,
    ],
    ['has only a part', { settings: { ...before.settings, 'nsslapd-include-suffix': `cn=dns,${base}` } }, /leave out/],
    ['has no place', { last: '0' }, /where its change log stands/],
    ['has a place that is no number', { last: '9'.repeat(20) }, /where its change log stands/],
  ])('that %s is no feed', async (_, first, reason) => {
    expect(because(await told({}, { ...before, ...first }))).toMatch(reason);
  });

  test('with other parts left out than the base is one, and is none for other ids', async () => {
    const settings = { ...before.settings, 'nsslapd-exclude-suffix': 'o=other', 'nsslapd-include-suffix': 'dc=org' };
    expect(because(await told({ settings }, { ...before, settings }))).toBe('told');
    expect(because(await told({}, before, 'ipaUniqueID'))).toMatch(/identified by ipaUniqueID/);
  });
});
