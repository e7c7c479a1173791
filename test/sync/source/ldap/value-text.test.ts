import { describe, expect, test } from '@jest/globals';
import { binaryText } from '../../../../src/sync/source/ldap/value-text.ts';

const bytes = (hex: string): Buffer => Buffer.from(hex.replaceAll(' ', ''), 'hex');

describe('binary ids come in their usual text form', () => {
  test.each([
    ['guid', '33221100 5544 7766 8899 aabbccddeeff', '00112233-4455-6677-8899-aabbccddeeff'],
    ['guid', '78563412 3412 7856 9abc def012345678', '12345678-1234-5678-9abc-def012345678'],
    ['guid', '61626364 6566 6768 696a 6b6c6d6e6f70', '64636261-6665-6867-696a-6b6c6d6e6f70'],
    ['guid-in-order', '00112233 4455 6677 8899 aabbccddeeff', '00112233-4455-6677-8899-aabbccddeeff'],
    ['sid', '01 05 000000000005 15000000 01000000 02000000 03000000 f4010000', 'S-1-5-21-1-2-3-500'],
  ] as const)('%s', (form, hex, text) => {
    expect(binaryText(form, bytes(hex))).toBe(text);
  });

  test.each(['guid', 'sid'] as const)('%s of the wrong length is not an id', (form) => {
    expect(binaryText(form, bytes('0011'))).toBeNull();
  });
});
