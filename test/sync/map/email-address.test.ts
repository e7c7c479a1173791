import { describe, expect, test } from '@jest/globals';
import { isEmailAddress } from '../../../src/core/email-address.ts';
import { cutAddressPrefix } from '../../../src/core/proxy-address.ts';

describe('an email address', () => {
  test.each([
    'a@b',
    'anna.berg@example.com',
    'Anna+Tag@mail.example.co.uk',
    "o'brien!#$%&*/=?^_`{|}~-@example.com",
    '"anna.berg"@example.com',
    '"a@b\\"c"@example.com',
    'jörg@exämple.de',
    'пример@пример.рф',
    '用户@例子.广告',
    'x@xn--exmple-cua.de',
    `${'a'.repeat(64)}@example.com`,
    `a@${'b'.repeat(63)}.de`,
  ])('%s is well-formed', (text) => {
    expect(isEmailAddress(text)).toBe(true);
  });

  test.each([
    '',
    'anna',
    '@example.com',
    'anna@',
    'a@b@c.de',
    'anna berg@example.com',
    'anna@exam ple.com',
    '.anna@example.com',
    'anna.@example.com',
    'an..na@example.com',
    'anna@.com',
    'anna@example..com',
    'anna@example.com.',
    'anna@-example.com',
    'anna@example-.com',
    'anna@exa_mple.com',
    'anna@[192.0.2.1]',
    'Anna <anna@example.com>',
    'anna@example.com, bert@example.com',
    'a@x.de;b@x.de',
    'anna\u00a0@example.com',
    'anna\u200b@example.com',
    'anna@exam\u3000ple.com',
    'anna\n@example.com',
    'anna\u0000@example.com',
    'anna\ud800@example.com',
    '"anna@example.com',
    `${'a'.repeat(65)}@example.com`,
    `a@${'b'.repeat(64)}.de`,
    `a@${'b.'.repeat(130)}de`,
    `ü@${`${'ö'.repeat(60)}.`.repeat(3)}de`,
  ])('%j is malformed', (text) => {
    expect(isEmailAddress(text)).toBe(false);
  });

  test('is refused at once however long and repetitive it is', () => {
    expect(isEmailAddress(`${'a.'.repeat(1_000_000)}@`)).toBe(false);
    expect(isEmailAddress(`a@${'a-'.repeat(125)}`)).toBe(false);
  });
});

test.each([
  ['SMTP:a@x.de', 'a@x.de'],
  ['smtp: a@x.de', 'a@x.de'],
  ['a@x.de', 'a@x.de'],
  ['X500:/o=Org/cn=a', ''],
  ['SIP:a@x.de', ''],
  ['EUM:123;phone-context=x', ''],
  ['"a:b"@x.de', '"a:b"@x.de'],
])('the email in the address %s is %j', (value, email) => {
  expect(cutAddressPrefix(value)).toBe(email);
});
