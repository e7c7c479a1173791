import { describe, expect, test } from '@jest/globals';
import type { FieldMapping } from '../../../src/core/connection.ts';
import type { ContactField } from '../../../src/core/contact.ts';
import { type FieldVerdict, judgeField, type MergeInput, mergeContact } from '../../../src/sync/plan/merge.ts';

const mapping = (field: ContactField, changes: Partial<FieldMapping> = {}): FieldMapping => ({
  field,
  label: null,
  attributes: ['x'],
  template: null,
  value: null,
  transforms: [],
  policy: 'ALWAYS',
  whenEmpty: 'CLEAR',
  ...changes,
});

const input = (changes: Partial<MergeInput>): MergeInput => ({
  current: { DISPLAY_NAME: 'Ada' },
  draft: { DISPLAY_NAME: 'Ada' },
  alternatives: {},
  mappings: [mapping('CITY')],
  lockedFields: [],
  rank: { priority: 100, createdAt: 1, connectionId: 'ours' },
  fillsBefore: {},
  fills: {},
  others: [],
  ...changes,
});

const other = (priority: number, key: string, createdAt = 2) => ({
  connectionName: 'Other',
  rank: { priority, createdAt, connectionId: 'other' },
  fills: { [key]: 'l' },
});

const paris = { DISPLAY_NAME: 'Ada', CITY: 'Paris' };
const rome = { DISPLAY_NAME: 'Ada', CITY: 'Rome' };
const nowhere = { DISPLAY_NAME: 'Ada' };
const filled = { CITY: 'l' };

describe('who wins a field', () => {
  test.each<[string, Partial<MergeInput>, object]>([
    ['the directory, over what was there', { current: paris, draft: rome, fills: filled }, rome],
    [
      'the contact, when the field is locked',
      { current: paris, draft: rome, fills: filled, lockedFields: ['CITY'] },
      paris,
    ],
    [
      'the contact, when the policy is ON_CREATE',
      { current: paris, draft: rome, fills: filled, mappings: [mapping('CITY', { policy: 'ON_CREATE' })] },
      paris,
    ],
    [
      'the contact, when the policy is IF_EMPTY and it has a value',
      { current: paris, draft: rome, fills: filled, mappings: [mapping('CITY', { policy: 'IF_EMPTY' })] },
      paris,
    ],
    [
      'the directory, when the policy is IF_EMPTY and there is none',
      { current: nowhere, draft: rome, fills: filled, mappings: [mapping('CITY', { policy: 'IF_EMPTY' })] },
      rome,
    ],
    ['the contact, when nothing maps the field', { current: paris, draft: rome, fills: filled, mappings: [] }, paris],
    [
      'a connection with the lower priority',
      { current: paris, draft: rome, fills: filled, others: [other(50, 'CITY')] },
      paris,
    ],
    [
      'we, over a connection with the higher priority',
      { current: paris, draft: rome, fills: filled, others: [other(150, 'CITY')] },
      rome,
    ],
    [
      'the older one of two with the same priority',
      { current: paris, draft: rome, fills: filled, others: [other(100, 'CITY', 0)] },
      paris,
    ],
    [
      'we, when the other connection does not fill it',
      { current: paris, draft: rome, fills: filled, others: [other(50, 'REGION')] },
      rome,
    ],
  ])('%s', (_, changes, expected) => {
    expect(mergeContact(input(changes))).toEqual(expected);
  });
});

describe('an emptied attribute', () => {
  test.each<[string, Partial<MergeInput>, object]>([
    ['clears what we had filled', { current: paris, fillsBefore: filled }, nowhere],
    [
      'keeps it where the mapping says KEEP',
      { current: paris, fillsBefore: filled, mappings: [mapping('CITY', { whenEmpty: 'KEEP' })] },
      paris,
    ],
    ['keeps what a person entered and we never filled', { current: paris }, paris],
    [
      'leaves the field to another connection that fills it',
      { current: paris, fillsBefore: filled, others: [other(150, 'CITY')] },
      paris,
    ],
    ['keeps a locked field', { current: paris, fillsBefore: filled, lockedFields: ['CITY'] }, paris],
    [
      'never takes the name away',
      { current: { DISPLAY_NAME: 'Ada' }, fillsBefore: { DISPLAY_NAME: 'cn' }, mappings: [mapping('DISPLAY_NAME')] },
      nowhere,
    ],
  ])('%s', (_, changes, expected) => {
    expect(mergeContact(input(changes))).toEqual(expected);
  });
});

describe('labeled values', () => {
  const phone = (label: string, value: string) => ({ label, value });
  const work = mapping('PHONE', { label: 'work' });

  test('replaces only the values of its label, in their place', () => {
    const current = { PHONE: [phone('home', '1'), phone('work', '2'), phone('mobile', '3')] };
    const draft = { PHONE: [phone('work', '4'), phone('work', '5')] };
    const merged = mergeContact(input({ current, draft, mappings: [work], fills: { 'PHONE:work': 'x' } }));
    expect(merged.PHONE).toEqual([phone('home', '1'), phone('work', '4'), phone('work', '5'), phone('mobile', '3')]);
  });

  test('keep their order when the directory sends the same values in another order', () => {
    const current = { PHONE: [phone('work', '1'), phone('work', '2')] };
    const draft = { PHONE: [phone('work', '2'), phone('work', '1')] };
    const merged = mergeContact(input({ current, draft, mappings: [work], fills: { 'PHONE:work': 'x' } }));
    expect(merged).toEqual(current);
  });

  test('leave no empty list when the last one is removed', () => {
    const current = { PHONE: [phone('work', '1')] };
    expect(mergeContact(input({ current, mappings: [work], fillsBefore: { 'PHONE:work': 'x' } }))).toEqual({});
  });
});

test('a single field keeps its value while that is still among several', () => {
  const changes = { draft: rome, fills: filled, alternatives: { CITY: ['Rome', 'Paris'] } };
  expect(mergeContact(input({ ...changes, current: paris }))).toEqual(paris);
  expect(mergeContact(input({ ...changes, current: { DISPLAY_NAME: 'Ada', CITY: 'Oslo' } }))).toEqual(rome);
});

describe('a display name made of other fields', () => {
  const king = { DISPLAY_NAME: 'Ada King', GIVEN_NAME: 'Ada', FAMILY_NAME: 'King' };
  const byron = { DISPLAY_NAME: 'Ada Byron', GIVEN_NAME: 'Ada', FAMILY_NAME: 'Byron' };
  const names = [mapping('GIVEN_NAME'), mapping('FAMILY_NAME')];
  const fills = { GIVEN_NAME: 'givenName', FAMILY_NAME: 'sn', DISPLAY_NAME: '~' };
  const married = { current: byron, draft: king, mappings: names, fills, fillsBefore: fills };
  const another = (priority: number, fill: string) => ({
    ...other(priority, 'DISPLAY_NAME'),
    fills: { DISPLAY_NAME: fill },
  });
  const mail = { DISPLAY_NAME: 'ada@x.org', PRIMARY_EMAIL: 'ada@x.org' };
  const mailFills = { PRIMARY_EMAIL: 'mail', DISPLAY_NAME: '~' };

  test.each<[string, Partial<MergeInput>, string]>([
    ['follows the names', {}, 'Ada King'],
    ['follows names that another connection brings', { others: [other(50, 'GIVEN_NAME')] }, 'Ada King'],
    ['follows although another connection has put it together, too', { others: [another(50, '~')] }, 'Ada King'],
    [
      'follows where only another connection has put it together so far',
      { fillsBefore: {}, others: [another(50, '~')] },
      'Ada King',
    ],
    ['follows the name that stays where a field is locked', { lockedFields: ['FAMILY_NAME'] }, 'Ada Byron'],
    ['stays when it is locked', { lockedFields: ['DISPLAY_NAME'] }, 'Ada Byron'],
    ['stays when somebody has edited it', { current: { ...byron, DISPLAY_NAME: 'Countess' } }, 'Countess'],
    ['stays as entered at the first link', { fillsBefore: {} }, 'Ada Byron'],
    ['gives way to a name that another connection brings', { others: [another(150, 'displayName')] }, 'Ada Byron'],
    [
      'follows the address where there are no names',
      {
        current: mail,
        draft: { PRIMARY_EMAIL: 'king@x.org' },
        mappings: [mapping('PRIMARY_EMAIL')],
        fills: mailFills,
        fillsBefore: mailFills,
      },
      'king@x.org',
    ],
    [
      'becomes the full name once there is one',
      { current: mail, draft: { ...king, PRIMARY_EMAIL: 'ada@x.org' }, fillsBefore: mailFills },
      'Ada King',
    ],
    ['follows for a mapped name that is empty', { mappings: [...names, mapping('DISPLAY_NAME')] }, 'Ada King'],
  ])('%s', (_, changes, expected) => {
    expect(mergeContact(input({ ...married, ...changes })).DISPLAY_NAME).toBe(expected);
  });

  test('never displaces a name that a connection brings', () => {
    const countess = { draft: { DISPLAY_NAME: 'Countess' }, fills: { DISPLAY_NAME: 'displayName' } };
    const changes = { current: king, mappings: [mapping('DISPLAY_NAME')], others: [another(50, '~')], ...countess };
    expect(mergeContact(input(changes)).DISPLAY_NAME).toBe('Countess');
  });
});

describe('the primary address is not listed again among the others', () => {
  const addresses = (...values: string[]) => values.map((value) => ({ label: 'other', value }));
  const draft = { PRIMARY_EMAIL: 'a@x.org', EMAIL: addresses('A@x.org', 'b@x.org', 'c@x.org') };
  const merged = (changes: Partial<MergeInput>) =>
    mergeContact(
      input({
        draft,
        mappings: [mapping('EMAIL', { label: 'other' }), mapping('PRIMARY_EMAIL')],
        fills: { 'EMAIL:other': 'proxyAddresses', PRIMARY_EMAIL: 'mail' },
        ...changes,
      }),
    );

  test('whatever the order of the mappings', () => {
    expect(merged({})).toMatchObject({ PRIMARY_EMAIL: 'a@x.org', EMAIL: addresses('b@x.org', 'c@x.org') });
  });

  test('whichever of several values it is', () => {
    const current = { PRIMARY_EMAIL: 'b@x.org' };
    expect(merged({ current, alternatives: { PRIMARY_EMAIL: ['a@x.org', 'b@x.org'] } })).toEqual({
      PRIMARY_EMAIL: 'b@x.org',
      EMAIL: addresses('A@x.org', 'c@x.org'),
    });
  });

  test('and if a primary address entered by hand is locked, the directory’s address is among the others', () => {
    expect(merged({ current: { PRIMARY_EMAIL: 'hand@x.org' }, lockedFields: ['PRIMARY_EMAIL'] })).toEqual({
      PRIMARY_EMAIL: 'hand@x.org',
      EMAIL: draft.EMAIL,
    });
  });

  test('entries of another connection and of people stay as they are', () => {
    const current = { EMAIL: [{ label: 'private', value: 'a@x.org' }] };
    expect(merged({ current }).EMAIL).toEqual([...current.EMAIL, ...addresses('b@x.org', 'c@x.org')]);
  });
});

describe('why a field stays or changes', () => {
  const onCreate = [mapping('CITY', { policy: 'ON_CREATE' })];
  const ifEmpty = [mapping('CITY', { policy: 'IF_EMPTY' })];
  const keep = [mapping('CITY', { whenEmpty: 'KEEP' })];

  test.each<[string, Partial<MergeInput>, FieldVerdict, object]>([
    ['the person has a value', { draft: rome, fills: filled }, { kind: 'taken' }, rome],
    ['it is locked', { draft: rome, fills: filled, lockedFields: ['CITY'] }, { kind: 'locked' }, paris],
    ['only new contacts get it', { draft: rome, fills: filled, mappings: onCreate }, { kind: 'onlyNew' }, paris],
    ['it is not empty', { draft: rome, fills: filled, mappings: ifEmpty }, { kind: 'notEmpty' }, paris],
    [
      'another connection goes first',
      { draft: rome, fills: filled, others: [other(1, 'CITY')] },
      { kind: 'goesFirst', connection: 'Other' },
      paris,
    ],
    ['the person has lost the value', { fillsBefore: filled }, { kind: 'cleared' }, nowhere],
    ['a lost value is kept', { fillsBefore: filled, mappings: keep }, { kind: 'keptWhenEmpty' }, paris],
    ['the value was never of this connection', {}, { kind: 'notOurs' }, paris],
    [
      'another connection has a value',
      { fillsBefore: filled, others: [other(200, 'CITY')] },
      { kind: 'filledElsewhere', connection: 'Other' },
      paris,
    ],
  ])('%s, in agreement with the merge', (_, changes, verdict, merged) => {
    const given = input({ current: paris, draft: nowhere, ...changes });
    const [only] = given.mappings;
    expect(only && judgeField(given, only)).toEqual(verdict);
    expect(mergeContact(given)).toEqual(merged);
  });
});
