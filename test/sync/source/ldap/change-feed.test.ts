import { afterEach, describe, expect, test } from '@jest/globals';
import { BerWriter } from 'ldapts';
import type { FeedEnd, ReadMode, Since } from '../../../../src/core/arrivals.ts';
import { sources } from '../../../../src/sync/source/sources.ts';
import {
  done,
  entry,
  type FakeSearch,
  type FakeServer,
  intermediate,
  reference,
  startFakeServer,
} from '../../../support/ldap-fake-server.ts';
import { ldapSettings, openOptions, scopeOf } from '../../../support/ldap-reading.ts';

const contentSync = '1.3.6.1.4.1.4203.1.9.1.1';
const base = 'dc=example,dc=org';
const csn = (second: number): string => `202601010000${String(second).padStart(2, '0')}.000000Z#000000#000#000000`;
const uuid = (n: number): string => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;
const bytesOf = (id: string): Buffer => Buffer.from(id.replaceAll('-', ''), 'hex');

/** A value of RFC 4533: an element with this tag around what is written. */
function sequence(write: (writer: BerWriter) => void, tag = 0x30): Buffer {
  const writer = new BerWriter();
  writer.startSequence(tag);
  write(writer);
  writer.endSequence();
  return writer.buffer;
}

const states = { present: 0, add: 1, modify: 2, delete: 3, unknown: 9 };
function told(id: number, n: number, state: keyof typeof states, subordinates = 'FALSE', bytes = bytesOf(uuid(n))) {
  const value = sequence((writer) => {
    writer.writeEnumeration(states[state]);
    writer.writeBuffer(bytes, 0x04);
  });
  const control = { oid: '1.3.6.1.4.1.4203.1.9.1.2', value };
  return entry(id, `uid=p${n},${base}`, { hasSubordinates: subordinates }, control);
}

/** A set of ids. `gone` left out: the default, which is false. */
function idSet(id: number, ids: readonly Buffer[], gone?: boolean): Buffer {
  const value = sequence((writer) => {
    if (gone !== undefined) writer.writeBoolean(gone);
    writer.startSequence(0x31);
    for (const one of ids) writer.writeBuffer(one, 0x04);
    writer.endSequence();
  }, 0xa3);
  return intermediate(id, '1.3.6.1.4.1.4203.1.9.1.4', value);
}

function presentEnds(id: number): Buffer {
  return intermediate(
    id,
    '1.3.6.1.4.1.4203.1.9.1.4',
    sequence((writer) => writer.writeBoolean(false), 0xa2),
  );
}

function end(id: number, refreshDeletes?: boolean): Buffer {
  const value = sequence((writer) => {
    writer.writeString('cookie');
    if (refreshDeletes !== undefined) writer.writeBoolean(refreshDeletes);
  });
  return done(id, { control: { oid: '1.3.6.1.4.1.4203.1.9.1.3', value } });
}

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

type Heard = {
  how: ReadMode[];
  present: (string | null)[];
  gone: string[];
  others: boolean;
  missing: string[];
  asked: FakeSearch[];
  ends: FeedEnd[];
};

/**
 * What a second read tells of, after a first one that has found p1 to p3. `answer`: what the server says was touched. `there`: who is
 * there then.
 */
async function secondRead(answer: (id: number) => Buffer[], there: readonly number[] = [1, 2, 3]): Promise<Heard> {
  let [second, now] = [0, [1, 2, 3] as readonly number[]];
  const person = (id: number, n: number) =>
    entry(id, `uid=p${n},${base}`, { entryUUID: uuid(n), entryCSN: csn(0), cn: `p${n}` });
  const server: FakeServer = await startFakeServer({
    rootDse: {
      objectClass: ['OpenLDAProotDSE'],
      supportedControl: ['1.2.840.113556.1.4.319', contentSync],
      namingContexts: [base],
    },
    base: ({ id, baseDn, attributes }) => {
      if (attributes.includes('contextCSN')) return [entry(id, base, { contextCSN: csn(second) }), done(id)];
      const n = Number(/^uid=p(\d+),/.exec(baseDn)?.[1] ?? 0);
      if (n === 0) return [entry(id, baseDn, {}), done(id)];
      return now.includes(n) ? [person(id, n), done(id)] : [done(id, { code: 32 })];
    },
    search: ({ id, controls, filter }) => {
      if (controls.includes(contentSync)) return answer(id);
      const text = JSON.stringify(filter, (_, value) =>
        value?.type === 'Buffer' ? String(Buffer.from(value)) : value,
      );
      const found = text.includes('entryUUID') ? now.filter((n) => text.includes(uuid(n))) : now;
      return [...found.map((n) => person(id, n)), done(id, controls.length > 0 ? { cookie: '' } : {})];
    },
  });
  closing.push(() => server.close());
  const session = await sources.LDAP.open(ldapSettings(server), { bindPassword: null }, openOptions());
  closing.push(() => session.close());
  const read = async (since: Since | null): Promise<Heard> => {
    const heard: Heard = { how: [], present: [], gone: [], others: false, missing: [], asked: [], ends: [] };
    const from = server.searches.length;
    const request = {
      attributes: ['cn'],
      scope: scopeOf(),
      at: new Date(),
      since,
      again: () => ({ ids: [], known: 3 }),
    };
    await session.read(
      request,
      (_, how) => {
        heard.how.push(how);
        return {
          present: (people, taken = () => {}) => {
            for (const one of people) {
              heard.present.push(one.id);
              taken(one);
            }
            return people.length;
          },
          unchanged: () => 'known',
          missing: (named) => {
            const all = new Set([...named].flatMap((ids) => Buffer.from(ids).toString('hex').match(/.{32}/g) ?? []));
            heard.missing = [1, 2, 3].map(uuid).filter((id) => !all.has(bytesOf(id).toString('hex')));
            return heard.missing;
          },
          othersStay: () => {
            heard.others = true;
          },
          startOver: (reason) => heard.how.push({ mode: 'FULL', reason }),
          gone: (ids) => heard.gone.push(...ids),
          end: (ended) => heard.ends.push(ended),
        };
      },
      new AbortController().signal,
    );
    heard.asked = server.searches.slice(from);
    return heard;
  };
  const first = await read(null);
  [second, now] = [5, there];
  const { cursor = null, memory = new Uint8Array(0) } = first.ends[0] ?? {};
  return read(cursor === null ? null : { cursor: JSON.parse(JSON.stringify(cursor)), memory });
}

describe('what a server says was touched', () => {
  test('is read, who is not found is gone, and all others stay', async () => {
    const heard = await secondRead(
      (id) => [told(id, 1, 'add'), idSet(id, [bytesOf(uuid(2)), bytesOf(uuid(9))], true), end(id, true)],
      [1, 3],
    );
    expect(heard).toMatchObject({ present: [uuid(1)], gone: [uuid(2), uuid(9)], others: true });
    expect(heard.how[0]?.way).toContain('RFC 4533');
    expect(heard.ends).toMatchObject([{ complete: true }]);
  });

  test('is asked for again if it is called gone and is there', async () => {
    const heard = await secondRead((id) => [told(id, 2, 'delete'), idSet(id, [bytesOf(uuid(1))], true), end(id, true)]);
    expect(heard).toMatchObject({ present: [uuid(1), uuid(2)], gone: [], others: true });
  });

  test.each<[string, (id: number) => Buffer[]]>([
    ['in sets', (id) => [told(id, 1, 'modify'), idSet(id, [bytesOf(uuid(3))]), end(id)]],
    ['one by one', (id) => [told(id, 3, 'present'), told(id, 1, 'add'), end(id, false)]],
    [
      'before others that are deleted',
      (id) => [idSet(id, [bytesOf(uuid(3))], false), presentEnds(id), told(id, 1, 'add'), end(id, true)],
    ],
  ])('may come with the names of all others, %s: then who is not named is asked for', async (_, answer) => {
    const left = await secondRead(answer, [1, 3]);
    expect(left).toMatchObject({ present: [uuid(1)], gone: [uuid(2)], others: true });
    const overlooked = await secondRead(answer);
    expect(overlooked).toMatchObject({ present: [uuid(1), uuid(2)], gone: [], others: true });
  });

  test('is asked for by id if it has got another DN since', async () => {
    const heard = await secondRead((id) => [told(id, 1, 'add'), told(id, 7, 'add'), end(id, true)], [1]);
    expect(heard).toMatchObject({ present: [uuid(1)], gone: [uuid(7)] });
  });

  const many = (n: number): Buffer[] => Array.from({ length: n }, (_, i) => bytesOf(uuid(100 + i)));
  test.each<[string, (id: number) => Buffer[], RegExp]>([
    ['the server does not know it any more', (id) => [done(id, { code: 4096 })], /does not know any more/],
    ['it refuses', (id) => [told(id, 1, 'add'), done(id, { code: 50, message: 'no' })], /refused \(result 50: no\)/],
    ['it stops at a limit', (id) => [told(id, 1, 'add'), done(id, { code: 4 })], /refused \(result 4\)/],
    ['it does not end as it must', (id) => [told(id, 1, 'add'), done(id)], /did not say that it has told everything/],
    ['an entry comes without a state', (id) => [entry(id, `uid=p1,${base}`, {}), end(id, true)], /do not take part/],
    ['a state is unknown', (id) => [told(id, 1, 'unknown'), end(id, true)], /can not be read/],
    ['an id is too short', (id) => [told(id, 1, 'add', 'FALSE', Buffer.alloc(15)), end(id, true)], /can not be read/],
    ['a set holds something else', (id) => [idSet(id, [Buffer.alloc(20)], true), end(id, true)], /can not be read/],
    [
      'a message is garbled',
      (id) => [intermediate(id, '1.3.6.1.4.1.4203.1.9.1.4', Buffer.from('x')), end(id, true)],
      /can not be read/,
    ],
    [
      'the end is garbled',
      (id) => [done(id, { control: { oid: '1.3.6.1.4.1.4203.1.9.1.3', value: Buffer.from('0x') } })],
      /can not be read/,
    ],
    ['a part lies elsewhere', (id) => [reference(id, ['ldap://x/dc=x']), end(id, true)], /lies on another server/],
    ['an entry has others below it', (id) => [told(id, 1, 'add', 'TRUE'), end(id, true)], /has entries below it/],
    ['there are too many', (id) => [idSet(id, many(10_001), true), end(id, true)], /too many entries/],
  ])('counts for nothing if %s: then the marks of all are compared', async (_, answer, because) => {
    const heard = await secondRead(answer);
    expect(heard.how).toMatchObject([{ mode: 'INCREMENTAL', reason: null }]);
    expect(heard.how[0]?.way).toMatch(because);
    expect(heard).toMatchObject({ present: [], gone: [], others: false });
    expect(heard.asked.some(({ attributes }) => attributes.includes('entryCSN') && !attributes.includes('cn'))).toBe(
      true,
    );
    expect(heard.ends).toMatchObject([{ complete: true }]);
  });

  test('is followed by a read of everybody if it is much', async () => {
    const heard = await secondRead((id) => [idSet(id, many(300), true), end(id, true)]);
    expect(heard.how).toMatchObject([{ mode: 'INCREMENTAL' }, { mode: 'FULL' }]);
    expect(heard).toMatchObject({ present: [1, 2, 3].map(uuid), others: false });
  });

  test('ends the read if the connection is lost before it is told', async () => {
    await expect(secondRead(() => [Buffer.from('no LDAP at all')])).rejects.toThrow(/not LDAP/);
  });
});
