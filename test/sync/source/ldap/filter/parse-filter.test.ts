import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { BerWriter, SearchRequest } from 'ldapts';
import { encodeFilter, filterText, type LdapFilter } from '../../../../../src/sync/source/ldap/filter/filter.ts';
import { parseFilter } from '../../../../../src/sync/source/ldap/filter/parse-filter.ts';

const reprinted = (text: string): string => {
  const parsed = parseFilter(text);
  return parsed.kind === 'ok' ? filterText(parsed.filter) : `${parsed.position}: ${parsed.message}`;
};

describe('a filter is parsed', () => {
  test.each([
    ['(cn=Ada)', '(cn=Ada)'],
    ['  (cn=Ada)\n', '(cn=Ada)'],
    ['(&(a=b)(!(c=*)))', '(&(a=b)(!(c=*)))'],
    ['( & (a=b) (c=d) )', '(&(a=b)(c=d))'],
    ['(|(a>=1)(b<=2)(c~=x))', '(|(a>=1)(b<=2)(c~=x))'],
    ['(cn=A*b*c)', '(cn=A*b*c)'],
    ['(cn=**a**)', '(cn=*a*)'],
    ['(cn=***)', '(cn=*)'],
    ['(cn=\\2a)', '(cn=\\2a)'],
    ['(cn=J\\c3\\b6rg)', '(cn=Jörg)'],
    ['(cn=\\ff)', '(cn=\\ff)'],
    ['(cn=)', '(cn=)'],
    ['(cn;lang-en=a)', '(cn;lang-en=a)'],
    ['(2.5.4.3=a)', '(2.5.4.3=a)'],
    ['(userAccountControl:1.2.840.113556.1.4.803:=2)', '(userAccountControl:1.2.840.113556.1.4.803:=2)'],
    ['(ou:dn:=Sales)', '(ou:dn:=Sales)'],
    ['(:caseExactMatch:=Ada)', '(:caseExactMatch:=Ada)'],
    ['(member=cn=a\\2c b,dc=x)', '(member=cn=a\\2c b,dc=x)'.replace('\\2c', ',')],
  ])('%s', (text, again) => {
    expect(reprinted(text)).toBe(again);
  });
});

describe('a mistake is reported with its position', () => {
  test.each([
    ['', 0, 'empty'],
    ['cn=Ada', 0, '"("'],
    ['(cn=Ada', 0, 'never closed'],
    ['(&(cn=Ada)', 0, 'never closed'],
    ['(cn=Ada))', 8, 'more text follows'],
    ['(&)', 2, 'at least one filter'],
    ['(cn)', 1, 'no comparison'],
    ['()', 1, 'missing'],
    ['(=a)', 1, 'name of an attribute is missing'],
    ['(c n=a)', 1, 'no name of an attribute'],
    ['(cn=a\\2)', 5, 'hexadecimal'],
    ['(cn=a(b)', 5, '\\28'],
    ['(cn>=a*)', 6, '\\2a'],
    ['(cn>a)', 3, 'followed by "="'],
    ['(!(a=b)(c=d))', 7, '")" is expected'],
    [`${'(!'.repeat(150)}(a=b)${')'.repeat(150)}`, 202, '100 levels'],
  ])('%s', (text, position, message) => {
    const parsed = parseFilter(text);
    expect(parsed).toEqual({ kind: 'error', position, message: expect.stringContaining(message) });
  });
});

const name = fc.constantFrom('cn', 'mail', 'sAMAccountName', '2.5.4.3', 'cn;lang-en');
const value = fc.uint8Array({ maxLength: 12 }).map((bytes) => Buffer.from(bytes));
const part = value.filter((bytes) => bytes.length > 0);
const { filter: anyFilter } = fc.letrec<{ filter: LdapFilter }>((tie) => ({
  filter: fc.oneof(
    { maxDepth: 4 },
    fc.record({
      kind: fc.constantFrom('equal' as const, 'greater' as const, 'less' as const, 'approx' as const),
      attribute: name,
      value,
    }),
    fc.record({ kind: fc.constant('present' as const), attribute: name }),
    fc.record({
      kind: fc.constant('substrings' as const),
      attribute: name,
      initial: part,
      any: fc.array(part, { maxLength: 3 }),
      final: fc.option(part),
    }),
    fc.record({
      kind: fc.constantFrom('and' as const, 'or' as const),
      filters: fc.array(tie('filter'), { minLength: 1, maxLength: 3 }),
    }),
    fc.record({ kind: fc.constant('not' as const), filter: tie('filter') }),
  ),
}));

test('a printed filter is parsed to the same filter, whatever bytes its values contain', () => {
  fc.assert(
    fc.property(anyFilter, (filter) => {
      expect(parseFilter(filterText(filter))).toEqual({ kind: 'ok', filter });
    }),
  );
});

test('escaped bytes reach the server unchanged', () => {
  const parsed = parseFilter('(cn=J\\c3\\b6rg)');
  if (parsed.kind === 'error') throw new Error(parsed.message);
  const request = new SearchRequest({ messageId: 1, filter: encodeFilter(parsed.filter) });
  expect(request.write().includes(Buffer.from('Jörg'))).toBe(true);
  const writer = new BerWriter();
  encodeFilter(parsed.filter).write(writer);
  expect(writer.buffer).toEqual(
    Buffer.concat([Buffer.of(0xa3, 11, 4, 2), Buffer.from('cn'), Buffer.of(4, 5), Buffer.from('Jörg')]),
  );
});
