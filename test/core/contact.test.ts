import { expect, test } from '@jest/globals';
import { primaryEmailOnce } from '../../src/core/contact.ts';

function other(value: string) {
  return { label: 'other', value };
}

test('the primary address is not listed again, whatever its case; the others stay', () => {
  const values = { PRIMARY_EMAIL: 'ada@x.org', EMAIL: [other('ADA@x.org'), other('al@x.org')] };
  expect(primaryEmailOnce(values)).toEqual({ PRIMARY_EMAIL: 'ada@x.org', EMAIL: [other('al@x.org')] });
  expect(values.EMAIL).toHaveLength(2);
});

test('a list without any other address is removed', () => {
  expect(primaryEmailOnce({ PRIMARY_EMAIL: 'ada@x.org', EMAIL: [other('ada@x.org')] })).toEqual({
    PRIMARY_EMAIL: 'ada@x.org',
  });
});

test.each([{ EMAIL: [other('ada@x.org')] }, { PRIMARY_EMAIL: 'ada@x.org' }, {}])(
  'where nothing is listed twice, nothing changes: %j',
  (values) => {
    expect(primaryEmailOnce(values)).toBe(values);
  },
);
