import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { ContactValues } from '../../../src/core/contact.ts';
import { canonicalDraft } from '../../../src/sync/map/canonical-draft.ts';
import { expectDraft, mapPerson, mapping, type Person } from './mapping.ts';

const mappings = [
  mapping('DISPLAY_NAME', { attributes: ['cn'] }),
  mapping('GIVEN_NAME', { attributes: ['givenName'] }),
  mapping('JOB_TITLE', { template: '{{ title }} ({{ ou }})' }),
  mapping('EMAIL', { label: 'work', attributes: ['mail'] }),
  mapping('PHONE', { label: 'home', attributes: ['homePhone'] }),
];
const canonical = (person: Person) => canonicalDraft(expectDraft(mapPerson(mappings, person)));
const ofValues = (values: ContactValues) => canonicalDraft({ draft: { values, fills: {} } });

describe('the canonical text of a draft', () => {
  const values = fc.uniqueArray(fc.constantFrom('a@x.de', 'b@x.de', 'c@x.de', 'd@x.de'), { minLength: 1 });

  test('does not depend on the order of any attribute’s values', () => {
    fc.assert(
      fc.property(values, values, values, (a, b, c) => {
        const person = { cn: a, givenName: b, title: a, ou: c, mail: b, homePhone: c };
        const reversed = Object.fromEntries(Object.entries(person).map(([name, sent]) => [name, sent.toReversed()]));
        expect(canonical(reversed)).toBe(canonical(person));
      }),
    );
  });

  test('does not depend on the order in which fields were filled', () => {
    expect(ofValues({ CITY: 'b', DISPLAY_NAME: 'a' })).toBe(ofValues({ DISPLAY_NAME: 'a', CITY: 'b' }));
  });

  test('differs when one of several values is gone', () => {
    expect(canonical({ cn: ['Anna', 'Ann'] })).not.toBe(canonical({ cn: 'Anna' }));
  });

  const text = fc.string({
    minLength: 1,
    maxLength: 4,
    unit: fc.constantFrom('a', '1', '\u0001', '\u0002', ' ', 'EMAIL', ':'),
  });
  const labeled = fc.array(fc.record({ label: text, value: text }), { minLength: 1, maxLength: 3 });
  const drafts = fc.record(
    { DISPLAY_NAME: text, CITY: text, NOTES: text, EMAIL: labeled, PHONE: labeled, PORTAL_ACCESS: fc.boolean() },
    { requiredKeys: [] },
  );
  const sorted = (draft: ContactValues): unknown => ({
    ...draft,
    EMAIL: draft.EMAIL?.map(({ label, value }) => `${label}\0${value}`).sort(),
    PHONE: draft.PHONE?.map(({ label, value }) => `${label}\0${value}`).sort(),
  });

  test('is the same for two drafts exactly when they say the same', () => {
    fc.assert(
      fc.property(drafts, drafts, (a, b) => {
        const same = JSON.stringify(sorted(a), order) === JSON.stringify(sorted(b), order);
        expect(ofValues(a) === ofValues(b)).toBe(same);
      }),
      { numRuns: 2000 },
    );
  });

  test.each<[string, ContactValues, ContactValues]>([
    ['values in other fields', { CITY: 'a' }, { REGION: 'a' }],
    ['a label that could be a value', { EMAIL: [{ label: 'a', value: 'b' }] }, { EMAIL: [{ label: 'b', value: 'a' }] }],
    ['a flag that is off and one that is absent', { PORTAL_ACCESS: false }, {}],
    ['control characters', { CITY: 'a\u0001b' }, { CITY: 'a\u0002b' }],
  ])('tells apart %s', (_, a, b) => {
    expect(ofValues(a)).not.toBe(ofValues(b));
  });
});

const keys = ['DISPLAY_NAME', 'CITY', 'NOTES', 'EMAIL', 'PHONE', 'PORTAL_ACCESS'];
function order(this: unknown, key: string, value: unknown): unknown {
  if (key !== '' || typeof value !== 'object' || value === null) return value;
  return keys.map((name) => [name, Object.entries(value).find(([each]) => each === name)?.[1]]);
}
