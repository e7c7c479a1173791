import { expect, test } from '@jest/globals';
import { usualFields } from '../../../src/sync/map/usual-fields.ts';
import { mapping } from './mapping.ts';

const mappings = [
  mapping('DISPLAY_NAME', { attributes: ['cn'] }),
  mapping('CITY', { attributes: ['l'] }),
  mapping('PHONE', { label: 'work', attributes: ['tel'] }),
  mapping('DEPARTMENT', { template: '{{ ou }}' }),
  mapping('COMPANY', { value: 'Example' }),
  mapping('PORTAL_ACCESS', { attributes: ['portal'] }),
];
/** The usual fields, where so many of 1000 people have each field; left out: 0. */
const usual = (filled: Record<string, number>, people = 1000, inScope = people): string[] | null =>
  usualFields(mappings, { people, byKey: filled }, inScope)?.map(({ key }) => key) ?? null;

test.each<[string, Record<string, number>, string[]]>([
  ['what everybody has', { CITY: 1000, 'PHONE:work': 1000 }, ['CITY', 'PHONE:work']],
  ['what nearly everybody has, the best filled first', { CITY: 985, 'PHONE:work': 999 }, ['PHONE:work', 'CITY']],
  ['not what one in ten lacks', { CITY: 900, 'PHONE:work': 1000 }, ['PHONE:work']],
  ['no names, fixed values and flags', { DISPLAY_NAME: 999, COMPANY: 1000, PORTAL_ACCESS: 1000 }, []],
  ['what templates give', { DEPARTMENT: 990 }, ['DEPARTMENT']],
  [
    'only so many that few people lack one',
    { CITY: 960, 'PHONE:work': 970, DEPARTMENT: 980 },
    ['DEPARTMENT', 'PHONE:work'],
  ],
])('usual is %s', (_, filled, fields) => {
  expect(usual(filled)).toEqual(fields);
});

test('among few people, three may lack a field, and among very few nothing is usual', () => {
  expect(usual({ CITY: 17 }, 20)).toEqual(['CITY']);
  expect(usual({ CITY: 16 }, 20)).toEqual([]);
  expect(usual({ CITY: 9 }, 9)).toEqual([]);
});

test('a read that has mapped few of the people does not tell', () => {
  expect(usual({ CITY: 900 }, 900, 1000)).toEqual(['CITY']);
  expect(usual({ CITY: 899 }, 899, 1000)).toBeNull();
});
