import { expect, test } from '@jest/globals';
import type { Emptied } from '../../../src/core/sync-store.ts';
import { emptiedQuestion, lackingParts, namedInVain } from '../../../src/sync/check/check-emptied.ts';
import { checkPlan, type PlanFacts } from '../../../src/sync/check/check-plan.ts';
import { sources } from '../../../src/sync/source/sources.ts';
import { map } from '../small-directory.ts';

const removal = {
  action: 'DEACTIVATE',
  graceDays: 0,
  maxPercent: null,
  maxCount: null,
  maxEmptiedPercent: 30,
} as const;

const { advice } = sources.LDAP;
const nothing: PlanFacts = {
  removal,
  newlyGone: 0,
  nobodyCame: false,
  activeBefore: 0,
  emptied: [],
  lacking: new Map(),
  again: [],
  review: false,
  advice,
};

test.each<[string, number, number, object, 'go' | 'hold']>([
  ['nobody gone', 0, 100, {}, 'go'],
  ['ten percent', 10, 100, {}, 'go'],
  ['more than ten percent', 11, 100, {}, 'hold'],
  ['two of a few', 2, 5, {}, 'go'],
  ['three of a few', 3, 19, {}, 'hold'],
  ['three of twenty', 3, 20, {}, 'hold'],
  ['two of twenty', 2, 20, {}, 'go'],
  ['a percentage that was chosen holds for a few, too', 1, 5, { maxPercent: 10 }, 'hold'],
  ['all of them where that was chosen', 5, 5, { maxPercent: 100 }, 'go'],
  ['a number below the percentage', 6, 100, { maxCount: 5 }, 'hold'],
  ['within both', 5, 100, { maxCount: 5 }, 'go'],
  ['whatever the action', 11, 100, { action: 'KEEP' }, 'hold'],
  ['whatever the grace', 11, 100, { graceDays: 30 }, 'hold'],
])('%s', (_, newlyGone, activeBefore, changes, expected) => {
  const verdict = checkPlan({
    removal: { ...removal, ...changes },
    newlyGone,
    nobodyCame: false,
    activeBefore,
    emptied: [],
    lacking: new Map(),
    again: [],
    review: false,
    advice,
  });
  expect(verdict.kind).toBe(expected);
});

test.each<[string, number, number, object, 'go' | 'hold']>([
  ['the only one', 1, 1, {}, 'hold'],
  ['both of two', 2, 2, {}, 'hold'],
  ['nobody who was there', 0, 0, {}, 'go'],
  ['all of them where that was chosen', 5, 5, { maxPercent: 100 }, 'go'],
])('the read brought nobody, and %s are gone', (_, newlyGone, activeBefore, changes, expected) => {
  const facts = { ...nothing, newlyGone, activeBefore, nobodyCame: true, removal: { ...removal, ...changes } };
  expect(checkPlan(facts).kind).toBe(expected);
});

test('a review always holds, with this reason', () => {
  expect(checkPlan({ ...nothing, review: true })).toMatchObject({
    kind: 'hold',
    reasons: [expect.stringContaining('review')],
  });
});

const loss = (emptied: number, had: number, part: Partial<Emptied> = {}): Emptied => ({
  field: 'PRIMARY_EMAIL',
  label: null,
  emptied,
  had,
  ...part,
});

test.each<[string, Emptied[], number | null, string[]]>([
  ['nobody loses anything', [], 30, []],
  ['thirty percent lose their address', [loss(30, 100)], 30, []],
  ['more than thirty percent', [loss(31, 100)], 30, ['31 of 100 contacts that have a value in PRIMARY_EMAIL']],
  ['all of nineteen', [loss(19, 19)], 30, []],
  ['all of twenty', [loss(20, 20)], 30, ['20 of 20']],
  ['twenty of a thousand where none may', [loss(20, 1000)], 0, ['the limit is 0 %']],
  ['nineteen of a thousand where none may', [loss(19, 1000)], 0, []],
  ['all of them where that was chosen', [loss(100, 100)], 100, []],
  ['all of them where the limit is off', [loss(100, 100)], null, []],
  ['each field says so itself', [loss(50, 100), loss(40, 80, { field: 'CITY' })], 30, ['PRIMARY_EMAIL', '40 of 80']],
  [
    'one label of a field that keeps others',
    [loss(25, 100, { field: 'PHONE' }), loss(25, 25, { field: 'PHONE', label: 'mobile' })],
    30,
    ['25 of 25 contacts that have a value in PHONE "mobile"'],
  ],
  [
    'a whole field, whose labels need no mention',
    [loss(50, 100, { field: 'PHONE' }), loss(25, 25, { field: 'PHONE', label: 'mobile' })],
    30,
    ['50 of 100 contacts that have a value in PHONE would'],
  ],
])('emptied fields: %s', (_, emptied, maxEmptiedPercent, reasons) => {
  const verdict = checkPlan({ ...nothing, emptied, removal: { ...removal, maxEmptiedPercent } });
  expect(verdict).toEqual(
    reasons.length === 0
      ? { kind: 'go' }
      : { kind: 'hold', reasons: reasons.map((reason) => expect.stringContaining(reason)) },
  );
});

test('people who are gone and emptied fields both hold, each with its reason', () => {
  expect(checkPlan({ ...nothing, newlyGone: 50, activeBefore: 100, emptied: [loss(50, 100)] })).toEqual({
    kind: 'hold',
    reasons: [expect.stringContaining('newly gone'), expect.stringContaining('would lose it')],
  });
});

test('counts the fields and labels that the mappings name, no flags, and nothing where the limit is off', () => {
  const mappings = [
    map('CITY', 'l'),
    map('PORTAL_ACCESS', 'employeeType'),
    map('PHONE', 'telephoneNumber', { label: 'work' }),
    map('PHONE', 'mobile', { label: 'mobile' }),
  ];
  expect(emptiedQuestion(removal, mappings, new Map())).toMatchObject({ atLeast: 20 });
  expect(emptiedQuestion(removal, mappings, new Map([['CITY', ['l']]]))).toMatchObject({ atLeast: 1 });
  expect(emptiedQuestion(removal, mappings, new Map()).parts).toEqual([
    { field: 'CITY', label: null },
    { field: 'PHONE', label: null },
    { field: 'PHONE', label: 'work' },
    { field: 'PHONE', label: 'mobile' },
  ]);
  expect(emptiedQuestion({ ...removal, maxEmptiedPercent: null }, mappings, new Map()).parts).toEqual([]);
});

const keyOf = (name: string): string => name.toLowerCase();

test('a column that the source lacks holds the plan even for a few contacts, and is named', () => {
  const lacking = new Map([['PRIMARY_EMAIL', ['mail', 'email']]]);
  const facts = { ...nothing, lacking, emptied: [loss(1, 1), loss(2, 3, { field: 'CITY' })] };
  expect(checkPlan(facts)).toEqual({
    kind: 'hold',
    reasons: [expect.stringContaining('no longer has "mail", "email";')],
  });
  expect(checkPlan({ ...facts, emptied: [loss(3, 10)] }).kind).toBe('go');
  for (const maxEmptiedPercent of [100, null])
    expect(checkPlan({ ...facts, removal: { ...removal, maxEmptiedPercent } }).kind).toBe('go');
});

test('a field is lacking if the source lacks all that fills it, and a label if it lacks all that fills the label', () => {
  const mappings = [
    map('CITY', 'l'),
    map('COMPANY', 'o', { attributes: ['o', 'company'] }),
    map('PHONE', 'tel', { label: 'work' }),
    map('PHONE', 'mobile', { label: 'mobile' }),
    map('NOTES', 'x', { attributes: [], template: '{{ l }}' }),
  ];
  const found = lackingParts(mappings, ['L', 'company', 'Mobile'], keyOf);
  expect([...found]).toEqual([
    ['CITY', ['l']],
    ['PHONE:mobile', ['mobile']],
  ]);
  expect(namedInVain(mappings, ['L', 'company', 'ofTemplate'], keyOf)).toEqual(['L', 'ofTemplate']);
});
