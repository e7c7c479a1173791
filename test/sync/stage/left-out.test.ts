import { randomUUID } from 'node:crypto';
import { expect, test } from '@jest/globals';
import type { ExclusionReason } from '../../../src/core/run.ts';
import { readMemory, writeMemory } from '../../../src/sync/read-memory.ts';
import { type Digest, digestId } from '../../../src/sync/stage/digest.ts';
import { mostLeftOut, readLeftOut, writeLeftOut } from '../../../src/sync/stage/left-out.ts';

const digestOf = (id: string): Digest => {
  const digest: Digest = new Uint32Array(4);
  digestId(id, digest);
  return digest;
};
const read = (bytes: Uint8Array): [string, ExclusionReason][] => {
  const people: [string, ExclusionReason][] = [];
  readLeftOut(bytes, (id, reason) => people.push([[...id].join('-'), reason]));
  return people;
};

test('people whom the scope has left out are read as they were written', () => {
  const reasons = ['DISABLED', 'NO_EMAIL', 'NOT_IN_GROUP', 'NOT_A_PERSON'] as const;
  const people = Array.from({ length: 1000 }, (_, i) => ({
    id: digestOf(i % 2 === 0 ? randomUUID() : `person ${i}`),
    reason: reasons[i % 4] ?? 'DISABLED',
  }));
  expect(read(writeLeftOut(people))).toEqual(people.map(({ id, reason }) => [[...id].join('-'), reason]));
  expect(read(writeLeftOut([]))).toEqual([]);
});

test("people with a reason that this release does not know are skipped, and the others are read by the reason's name", () => {
  const id = Buffer.from(randomUUID().replaceAll('-', ''), 'hex');
  const person = (reason: number) => Buffer.concat([id, Buffer.from([reason])]);
  const bytes = Buffer.concat([Buffer.from('LATER_RELEASE NO_EMAIL\n'), person(0), person(1), person(9)]);
  expect(read(bytes).map(([, reason]) => reason)).toEqual(['NO_EMAIL']);
});

test.each([0, 1, 5, 100])('bytes that are cut off after %s do no harm', (end) => {
  const bytes = writeLeftOut([{ id: digestOf('a'), reason: 'DISABLED' }]);
  expect(read(bytes.subarray(0, end)).length).toBeLessThanOrEqual(1);
});

test('only a limited number of people is remembered', () => {
  const people = Array.from({ length: mostLeftOut + 10 }, () => ({ id: digestOf('a'), reason: 'DISABLED' as const }));
  expect(writeLeftOut(people).length).toBeLessThan(17 * mostLeftOut + 200);
});

test('the memory of a read holds all parts, each of any length', () => {
  const [source, leftOut] = [Buffer.from('source'), Buffer.from('left out')];
  const empty = Buffer.alloc(0);
  for (const memory of [
    { source, leftOut },
    { source, leftOut: empty },
    { source: empty, leftOut },
  ]) {
    const { source: one, leftOut: other } = readMemory(writeMemory(memory));
    expect([Buffer.from(one), Buffer.from(other)]).toEqual([memory.source, memory.leftOut]);
  }
  for (const people of [null, { read: 3, staged: ['ä\n', 'b'] }, { read: 0, staged: [] }]) {
    const { people: same, leftOut: other } = readMemory(writeMemory({ source, leftOut, people }));
    expect([same, Buffer.from(other)]).toEqual([people, leftOut]);
  }
  expect(writeMemory({ source: empty, leftOut: empty })).toHaveLength(0);
  expect(readMemory(new Uint8Array(0)).leftOut).toHaveLength(0);
});
