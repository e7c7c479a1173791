import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { AttributeValue } from '../../../../src/core/entry.ts';
import { MalformedBer } from '../../../../src/sync/source/ldap/ber.ts';
import { type DecodedEntry, maxValueBytes } from '../../../../src/sync/source/ldap/entry-decoder.ts';
import { MessageSplitter, TooLarge } from '../../../../src/sync/source/ldap/message-splitter.ts';
import { decodeAll } from '../../../support/decode-entries.ts';
import { entry } from '../../../support/ldap-fake-server.ts';

const decodeOne = (names: string[], attributes: Parameters<typeof entry>[2], dn = 'cn=a'): DecodedEntry => {
  const [decoded] = decodeAll(names, entry(7, dn, attributes));
  if (decoded === undefined) throw new Error('nothing was decoded');
  return decoded;
};

describe('attributes go to the requested names', () => {
  test.each<[string, string[], Record<string, string | string[]>, AttributeValue[]]>([
    ['whatever their case', ['GivenName', 'sn'], { givenname: 'Ada', SN: 'L' }, ['Ada', 'L']],
    ['several values in the order sent', ['mail'], { mail: ['b', 'a'] }, [['b', 'a']]],
    ['absent ones as undefined', ['mail', 'cn'], { cn: 'A' }, [undefined, 'A']],
    ['without values as undefined', ['mail'], { mail: [] }, [undefined]],
    ['a language is another attribute', ['cn'], { 'cn;lang-en': 'Adam', cn: 'Ada' }, ['Ada']],
    ['a language that is asked for', ['cn;lang-EN', 'cn'], { 'CN;Lang-en': 'Adam' }, ['Adam', undefined]],
    ['under the other name of the same attribute', ['surname', 'commonName'], { sn: 'L', cn: 'A' }, ['L', 'A']],
    ['what nobody asked for is passed over', ['cn'], { jpegPhoto: 'xx', cn: 'A' }, ['A']],
    ['entryUUID in lower case', ['entryUUID'], { entryUUID: 'ABC-DEF' }, ['abc-def']],
  ])('%s', (_name, names, attributes, values) => {
    expect(decodeOne(names, attributes).values).toEqual(values);
  });

  test('in any order, entry by entry', () => {
    const bytes = Buffer.concat([
      entry(1, 'cn=1', { cn: '1', mail: 'm', sn: 's' }),
      entry(1, 'cn=2', { sn: 's', cn: '2' }),
      entry(1, 'cn=3', { mail: 'm', x: 'y', cn: '3', sn: 's' }),
    ]);
    expect(decodeAll(['cn', 'sn', 'mail'], bytes).map(({ values }) => values)).toEqual([
      ['1', 's', 'm'],
      ['2', 's', undefined],
      ['3', 's', 'm'],
    ]);
  });
});

test('objectGUID and objectSid are read as ids even if their bytes are valid text', () => {
  const { values } = decodeOne(['objectGUID', 'objectSid'], {
    objectGUID: Buffer.from('abcdefghijklmnop'),
    objectSid: Buffer.from('010100000000000512000000', 'hex'),
  });
  expect(values).toEqual(['64636261-6665-6867-696a-6b6c6d6e6f70', 'S-1-5-18']);
});

test('invalid UTF-8 is left out and named, the rest is kept', () => {
  const { values, undecodable } = decodeOne(['cn', 'mail'], { cn: [Buffer.of(0x4a, 0xf6), 'Jörg'], mail: 'a@b.c' });
  expect(values).toEqual(['Jörg', 'a@b.c']);
  expect(undecodable).toEqual(['cn']);
});

test.each([
  ['U+0000', Buffer.from('Ada\0')],
  ['half of a surrogate pair', Buffer.of(0x41, 0xed, 0xa0, 0x80)],
  ['a pair of them, as CESU-8 has it', Buffer.of(0xed, 0xa0, 0xbd, 0xed, 0xb1, 0x8d)],
])('%s is left out of the values and named; a name that holds it is no text', (_name, bytes) => {
  expect(decodeOne(['cn', 'sn'], { CN: [bytes, 'Ada'], sn: 'L' })).toMatchObject({
    values: ['Ada', 'L'],
    undecodable: ['cn'],
    nameIsText: true,
  });
  const [named] = decodeAll(['cn'], entry(7, Buffer.concat([Buffer.from('cn='), bytes]), { cn: 'Ada' }));
  expect(named).toMatchObject({ nameIsText: false, name: expect.stringMatching(/^cn=[^\0]*\ufffd/) });
});

test('a value of 5 MB is left out and named, the rest is kept', () => {
  const { values, undecodable } = decodeOne(['description', 'cn'], {
    description: [Buffer.alloc(5_000_000, 'x'), 'short'],
    cn: 'Ada',
  });
  expect(values).toEqual(['short', 'Ada']);
  expect(undecodable).toEqual(['description']);
  expect(decodeOne(['description'], { description: 'x'.repeat(maxValueBytes) }).undecodable).toEqual([]);
});

test('a range says where to continue reading', () => {
  const { values, ranges } = decodeOne(['member'], { member: [], 'member;range=0-1': ['a', 'b'] });
  expect(values).toEqual([['a', 'b']]);
  expect(ranges).toEqual([{ slot: 0, name: 'member', next: 2 }]);
  expect(decodeOne(['member'], { 'member;range=2-*': ['c'] })).toMatchObject({ values: ['c'], ranges: [] });
});

const names = ['cn', 'mail', 'description', 'telephoneNumber', 'l'];
const anyValue = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 30 }),
  fc.string({ minLength: 120, maxLength: 400 }),
  fc.constant('x'.repeat(5000)),
);
const anyEntry = fc.record({
  dn: fc.string({ unit: 'binary', maxLength: 40 }),
  attributes: fc.uniqueArray(
    fc.tuple(fc.constantFrom(...names, 'other', 'cn;lang-en'), fc.array(anyValue, { maxLength: 4 })),
    {
      selector: ([name]) => name,
    },
  ),
});

test('any entries are decoded correctly, wherever the stream is cut', () => {
  fc.assert(
    fc.property(fc.array(anyEntry, { maxLength: 6 }), fc.array(fc.nat(), { maxLength: 12 }), (entries, cuts) => {
      const bytes = Buffer.concat(entries.map(({ dn, attributes }) => entry(3, dn, Object.fromEntries(attributes))));
      const expected = entries.map(({ dn, attributes }) => ({
        name: dn.replaceAll('\0', '\ufffd'),
        nameIsText: !dn.includes('\0'),
        values: names.map((name) => {
          const values = (Object.fromEntries(attributes)[name] ?? []).filter((value) => !value.includes('\0'));
          return values.length > 1 ? values : values[0];
        }),
        undecodable: attributes
          .filter(([name, values]) => names.includes(name) && values.some((value) => value.includes('\0')))
          .map(([name]) => name),
        ranges: [],
      }));
      expect(decodeAll(names, bytes, cuts)).toEqual(expected);
    }),
  );
});

test('a stream may be cut at each of its bytes', () => {
  const bytes = Buffer.concat([entry(1, 'cn=1', { cn: 'x'.repeat(200) }), entry(1, 'cn=2', { cn: '2' })]);
  const whole = decodeAll(['cn'], bytes);
  for (let cut = 0; cut <= bytes.length; cut++) expect(decodeAll(['cn'], bytes, [cut])).toEqual(whole);
  expect(decodeAll(['cn'], bytes, [...bytes.keys()])).toEqual(whole);
});

describe('garbage is refused', () => {
  test.each([
    ['another tag', '04 03 414243'],
    ['an indefinite length', '30 80 0201 01'],
    ['a length of five bytes', '30 85 0000000001'],
    ['a length beyond all reason', '30 84 7fffffff'],
    ['an attribute that reaches past its entry', '30 11 020101 640c 0401 61 3007 3005 0463 636e 3100'],
    ['an attribute without values', '30 10 020101 640b 0401 61 3006 3004 0402 636e'],
    ['a length within an entry that is indefinite', '30 0c 020101 6407 0401 61 3080 0000'],
  ])('%s', (_name, hex) => {
    expect(() => decodeAll(['cn'], Buffer.from(hex.replaceAll(' ', ''), 'hex'))).toThrow(MalformedBer);
  });

  test('and flipped bits lead only to a refusal or to other values', () => {
    const good = entry(1, 'cn=1', { cn: ['a', 'b'], mail: 'm@x.y' });
    fc.assert(
      fc.property(fc.nat(good.length - 1), fc.integer({ min: 1, max: 255 }), (at, mask) => {
        const bytes = Buffer.from(good);
        bytes[at] = (bytes[at] ?? 0) ^ mask;
        try {
          decodeAll(['cn', 'mail'], bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(MalformedBer);
        }
      }),
    );
  });

  test('a message that announces more than may come is refused at its header', () => {
    const splitter = new MessageSplitter(() => {});
    splitter.largest = 1000;
    splitter.read(Buffer.from([0x30, 0x82, 0x03, 0xe8]));
    expect(() => new MessageSplitter(() => {}).read(Buffer.from([0x30, 0x82, 0x03, 0xe9]))).not.toThrow();
    const strict = new MessageSplitter(() => {});
    strict.largest = 1000;
    expect(() => strict.read(Buffer.from([0x30, 0x82, 0x03, 0xe9]))).toThrow(TooLarge);
  });

  test('a large message in chunks of any size arrives whole, followed by the next one', () => {
    const content = Buffer.from(Array.from({ length: 300_000 }, (_, i) => i % 251));
    const large = Buffer.concat([Buffer.from([0x30, 0x84, 0, 0x04, 0x93, 0xe0]), content]);
    const stream = Buffer.concat([large, Buffer.from([0x30, 1, 7]), large]);
    for (const size of [1000, 65_536, 65_542, 100_001, 300_006, 300_008, stream.length]) {
      const messages: Buffer[] = [];
      const splitter = new MessageSplitter((bytes, start, end) =>
        messages.push(Buffer.from(bytes.subarray(start, end))),
      );
      for (let at = 0; at < stream.length; at += size) splitter.read(stream.subarray(at, at + size));
      expect(messages.map(({ length }) => length)).toEqual([300_000, 1, 300_000]);
      expect(messages[0]?.equals(content) && messages[2]?.equals(content)).toBe(true);
    }
  });
});
