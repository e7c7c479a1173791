import { describe, expect, test } from '@jest/globals';
import type { FieldMapping } from '../../../src/core/connection.ts';
import type { ContactField } from '../../../src/core/contact.ts';
import { type MergeInput, mergeContact } from '../../../src/sync/plan/merge.ts';

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

  test('replaces those of its label where they stand, and no others', () => {
    const current = { PHONE: [phone('home', '1'), phone('work', '2'), phone('mobile', '3')] };
    const draft = { PHONE: [phone('work', '4'), phone('work', '5')] };
    const merged = mergeContact(input({ current, draft, mappings: [work], fills: { 'PHONE:work': 'x' } }));
    expect(merged.PHONE).toEqual([phone('home', '1'), phone('work', '4'), phone('work', '5'), phone('mobile', '3')]);
  });

  test('keeps the order it has when the directory sends the same values in another', () => {
    const current = { PHONE: [phone('work', '1'), phone('work', '2')] };
    const draft = { PHONE: [phone('work', '2'), phone('work', '1')] };
    const merged = mergeContact(input({ current, draft, mappings: [work], fills: { 'PHONE:work': 'x' } }));
    expect(merged).toEqual(current);
  });

  test('leaves no empty list when the last one goes', () => {
    const current = { PHONE: [phone('work', '1')] };
    expect(mergeContact(input({ current, mappings: [work], fillsBefore: { 'PHONE:work': 'x' } }))).toEqual({});
  });
});

test('a single field keeps the value it has while that is still among several', () => {
  const changes = { draft: rome, fills: filled, alternatives: { CITY: ['Rome', 'Paris'] } };
  expect(mergeContact(input({ ...changes, current: paris }))).toEqual(paris);
  expect(mergeContact(input({ ...changes, current: { DISPLAY_NAME: 'Ada', CITY: 'Oslo' } }))).toEqual(rome);
});
