import { randomUUID } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { type Digest, digestId, digestText, hexOf, readUuid } from '../../../src/sync/stage/digest.ts';
import { KnownPeople } from '../../../src/sync/stage/known-people.ts';
import { loadKnown, sweepKnown } from '../../../src/sync/stage/known-rows.ts';

const idDigest = (id: string): Digest => {
  const into: Digest = new Uint32Array(4);
  digestId(id, into);
  return into;
};
const digest = (text: string): Digest => {
  const into: Digest = new Uint32Array(4);
  digestText(text, into);
  return into;
};

test('a UUID is its own digest', () => {
  const id = randomUUID();
  const [into, own]: [Digest, Digest] = [new Uint32Array(4), new Uint32Array(4)];
  digestId(id, into);
  expect(readUuid(Buffer.from(id), 0, own)).toBe(true);
  expect(into).toEqual(own);
});

test('distinguishes new, linked, unchanged and absent people among many', () => {
  const known = new KnownPeople();
  const ids = Array.from({ length: 20_000 }, (_, i) => (i % 2 === 0 ? randomUUID() : `person ${i}`));
  for (const id of ids) known.addLinked(idDigest(id), digest(id), false);
  for (const id of ids.slice(0, 15_000)) {
    expect(known.arrive(id)).toBe('linked');
    expect(known.isUnchanged(digest(id))).toBe(true);
    expect(known.isUnchanged(digest(`${id}!`))).toBe(false);
    known.markPresent();
  }
  expect(known.arrive('somebody else')).toBe('new');
  known.markPresent();
  expect(known.countGone('everybody')).toBe(5000);
  expect(ids.filter((id) => known.isGone(idDigest(id), 'everybody'))).toEqual(ids.slice(15_000));
  expect(known.isGone(idDigest('somebody else'), 'everybody')).toBe(false);
});

test('a person of overlapping bases arrives once', () => {
  const known = new KnownPeople();
  expect(known.arrive('a')).toBe('new');
  expect(known.arrive('a')).toBe('again');
});

test('a person who was gone, or must be checked again, is never unchanged', () => {
  const known = new KnownPeople();
  known.addLinked(idDigest('gone'), digest('x'), true);
  known.addLinked(idDigest('again'), null, false);
  for (const id of ['gone', 'again']) {
    expect(known.arrive(id)).toBe('linked');
    expect(known.isUnchanged(digest('x'))).toBe(false);
  }
  known.arrive('again');
  expect(known.isUnchanged(new Uint32Array(4))).toBe(false);
});

test('loads rows from chunks cut anywhere', () => {
  const rows = copied([
    { id: 'a\tb', hash: hexOf('1'), gone: false },
    { id: 'ç', hash: null, gone: false },
    { id: 'c', hash: hexOf('3'), gone: true },
  ]);
  for (let cut = 0; cut <= rows.length; cut++) {
    const known = new KnownPeople();
    const add = loadKnown(known);
    add(rows.subarray(0, cut));
    add(rows.subarray(cut));
    expect(known.countGone('everybody')).toBe(3);
    expect(known.arrive('a\tb')).toBe('linked');
    expect(known.isUnchanged(digest('1'))).toBe(true);
    expect(known.arrive('ç')).toBe('linked');
    expect(known.arrive('c')).toBe('linked');
    expect(known.isUnchanged(digest('3'))).toBe(false);
  }
});

test('reads ids from bytes in the same way as from text, both UUIDs and texts that look like one', () => {
  const ids = [
    randomUUID(),
    'ffffffff-ffff-ffff-ffff-ffffffffffff',
    'gfffffff-ffff-ffff-ffff-ffffffffffff',
    'x'.repeat(36),
    '1',
  ];
  const rows = copied(ids.map((id) => ({ id, hash: hexOf(id), gone: false })));
  const known = new KnownPeople();
  loadKnown(known)(rows);
  for (const id of ids.slice(1)) {
    expect(known.arrive(id)).toBe('linked');
    expect(known.isUnchanged(digest(id))).toBe(true);
    known.markPresent();
  }
  const absent: string[] = [];
  sweepKnown(
    known,
    () => 'everybody',
    (id) => absent.push(id),
  )(rows);
  expect(absent).toEqual(ids.slice(0, 1));
});

/** Rows as the binary format of COPY has them, with header and trailer. */
function copied(rows: readonly { id: string; hash: string | null; gone: boolean }[]): Buffer {
  const value = (bytes: Buffer | null): Buffer[] => {
    const length = Buffer.alloc(4);
    length.writeInt32BE(bytes?.length ?? -1);
    return bytes === null ? [length] : [length, bytes];
  };
  return Buffer.concat([
    Buffer.from('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0', 'latin1'),
    ...rows.flatMap(({ id, hash, gone }) => [
      Buffer.from([0, 3]),
      ...value(Buffer.from(id)),
      ...value(hash === null ? null : Buffer.from(hash, 'hex')),
      ...value(Buffer.from([gone ? 1 : 0])),
    ]),
    Buffer.from([0xff, 0xff]),
  ]);
}
