import { describe, expect, test } from '@jest/globals';
import type { Arrivals, Since } from '../../../../src/core/arrivals.ts';
import type { ExclusionReason } from '../../../../src/core/run.ts';
import { fileTime } from '../../../../src/sync/source/ldap/account-flags.ts';
import { momentOf } from '../../../../src/sync/source/ldap/incremental/generalized-time.ts';
import type { Marks } from '../../../../src/sync/source/ldap/incremental/marks.ts';
import { Newest } from '../../../../src/sync/source/ldap/incremental/newest.ts';
import { Sweep } from '../../../../src/sync/source/ldap/incremental/sweep.ts';
import { timeMarks } from '../../../../src/sync/source/ldap/incremental/time-marks.ts';
import { usnMarks } from '../../../../src/sync/source/ldap/incremental/usn-marks.ts';
import type { Reached } from '../../../../src/sync/source/ldap/reach.ts';
import { entryBytes } from '../../../support/decode-entries.ts';
import type { FakeValue } from '../../../support/ldap-fake-server.ts';

describe('a time of a directory', () => {
  const noon = Date.UTC(2026, 2, 29, 12) * 1000;

  test.each([
    ['20260329120000Z', noon],
    ['20260329120000.0Z', noon],
    ['20260329120000.25Z', noon + 250_000],
    ['20260329120000,123456Z', noon + 123_456],
    ['20260329120000.123456Z#000000#001#000000', noon + 123_456],
    ['20260329120000Z#000000#00#000000', noon],
    ['202603291200Z', noon],
    ['2026032912Z', noon],
    ['2026032912.5Z', noon + 1_800_000_000],
    ['202603291200.5Z', noon + 30_000_000],
    ['20260329140000+0200', noon],
    ['20260329140000+02', noon],
    ['20260329073000.5-0430', noon + 500_000],
    ['20260329115960Z', noon],
  ])('%s is read in UTC', (text, moment) => {
    expect(momentOf(text)).toBe(moment);
  });

  test.each([
    '',
    '20260329120000',
    '20261329120000Z',
    '20260329250000Z',
    '20260329120000Zx',
    '2026-03-29T12:00:00Z',
    'now',
  ])('"%s" is not a time', (text) => {
    expect(momentOf(text)).toBeNull();
  });

  test('is read correctly on days on which clocks are put forward or back', () => {
    const hours = Array.from({ length: 48 }, (_, i) => new Date(Date.UTC(2026, 2, 28) + i * 3_600_000));
    for (const hour of hours)
      expect(momentOf(`${hour.toISOString().replace(/\D/g, '').slice(0, 14)}Z`)).toBe(hour.getTime() * 1000);
  });
});

const noon = Date.UTC(2026, 0, 1, 12);
const at = (seconds: number): string =>
  `${new Date(noon + seconds * 1000).toISOString().replace(/\D/g, '').slice(0, 14)}Z`;
const csn = (seconds: number, count = 0): string =>
  `${at(seconds).slice(0, 14)}.000000Z#${String(count).padStart(6, '0')}#000#000000`;

/** Reads by marks, one after another, each at another time (in seconds after noon). */
function reads(attribute: string) {
  let since: Since | null = null;
  return {
    read(clock: { began: number; ended: number }, work: (marks: Marks) => void) {
      const times = [clock.began, clock.ended].map((seconds) => noon + seconds * 1000);
      const { marks } = timeMarks({ attribute, since, clock: () => times.shift() ?? 0 });
      work(marks);
      const next = marks.next();
      if ('because' in next) return next.because;
      since = JSON.parse(JSON.stringify({ cursor: next.cursor }));
      since = { cursor: since?.cursor ?? {}, memory: next.memory };
      return null;
    },
  };
}

describe('marks that are times', () => {
  test('know an entry by its mark, and by no other mark', () => {
    const { read } = reads('entryCSN');
    read({ began: 100, ended: 101 }, (marks) => marks.note('ada', csn(50), 'read'));
    read({ began: 200, ended: 201 }, (marks) => {
      expect(marks.isKnown('ada', csn(50))).toBe(true);
      for (const mark of [csn(50, 1), csn(49), csn(10), csn(150)]) expect(marks.isKnown('ada', mark)).toBe(false);
      expect(marks.isKnown('bob', csn(50))).toBe(false);
      expect(marks.isKnown('ada', undefined)).toBe(false);
      expect(marks.isKnown('ada', 'no time')).toBe(false);
    });
  });

  test('from a clock that was set back, or that come late from another server, are not known', () => {
    const { read } = reads('modifyTimestamp');
    read({ began: 1000, ended: 1001 }, (marks) => {
      marks.note('ada', at(500), 'read');
      marks.note('bob', at(100), 'read');
    });
    read({ began: 2000, ended: 2001 }, (marks) => {
      expect(marks.isKnown('bob', at(100))).toBe(true);
      expect(marks.isKnown('bob', at(99))).toBe(false);
      expect(marks.isKnown('bob', at(-90_000))).toBe(false);
    });
  });

  test('of seconds that may not have been over when they were read are not known until it is certain that they were', () => {
    const { read } = reads('modifyTimestamp');
    read({ began: 100, ended: 130 }, (marks) => {
      marks.note('early', at(80), 'read');
      marks.note('ada', at(110), 'read');
    });
    read({ began: 131, ended: 132 }, (marks) => {
      expect(marks.isKnown('early', at(80))).toBe(false);
      expect(marks.isKnown('ada', at(110))).toBe(false);
      marks.note('early', at(80), 'read');
      marks.note('ada', at(110), 'read');
    });
    read({ began: 200, ended: 201 }, (marks) => {
      expect(marks.isKnown('early', at(80))).toBe(true);
      expect(marks.isKnown('ada', at(110))).toBe(false);
      marks.note('early', at(80), 'kept');
      marks.note('ada', at(110), 'read');
    });
    read({ began: 300, ended: 301 }, (marks) => {
      expect(marks.isKnown('early', at(80))).toBe(true);
      expect(marks.isKnown('ada', at(110))).toBe(true);
    });
  });

  test('from the future do not make all real changes look old', () => {
    const { read } = reads('entryCSN');
    const tomorrow = csn(86_400);
    read({ began: 100, ended: 101 }, (marks) => {
      marks.note('ada', tomorrow, 'read');
      marks.note('bob', csn(50), 'read');
      marks.note('cleo', csn(51), 'read');
    });
    read({ began: 200, ended: 201 }, (marks) => {
      expect(marks.isKnown('ada', tomorrow)).toBe(false);
      expect(marks.isKnown('bob', csn(50))).toBe(true);
      expect(marks.isKnown('bob', csn(150))).toBe(false);
    });
  });

  test('that most people do not show, or show in the future, allow no incremental run', () => {
    const hidden = reads('modifyTimestamp').read({ began: 1, ended: 2 }, (marks) => {
      marks.note('ada', undefined, 'read');
      marks.note('bob', undefined, 'read');
      marks.note('cleo', at(0), 'read');
    });
    expect(hidden).toContain('may not read modifyTimestamp of most people');
    const ahead = reads('modifyTimestamp').read({ began: 1, ended: 2 }, (marks) =>
      marks.note('ada', at(90_000), 'read'),
    );
    expect(ahead).toContain('in the future');
  });

  test('of another attribute are not used', () => {
    const first = timeMarks({ attribute: 'entryCSN', since: null, clock: () => noon });
    const next = first.marks.next() as Since;
    expect(timeMarks({ attribute: 'entryCSN', since: next, clock: () => noon }).whyAnew).toBeNull();
    const { whyAnew, marks } = timeMarks({ attribute: 'modifyTimestamp', since: next, clock: () => noon });
    expect(whyAnew).toMatch(/did not go by modifyTimestamp/);
    expect(marks.isKnown('ada', at(-1))).toBe(false);
  });

  test.each<[string, boolean]>([
    ['entryCSN', true],
    ['modifyTimestamp', false],
  ])(
    'of people who were not touched are kept by a read of others, and those of others if they are exact (%s)',
    (attribute, isExact) => {
      const { read } = reads(attribute);
      read({ began: 100, ended: 101 }, (marks) => {
        for (const [i, id] of ['ada', 'bob', 'cleo'].entries()) marks.note(id, csn(10 + i), 'read');
        marks.note('zoe', csn(90), 'read');
      });
      read({ began: 200, ended: 201 }, (marks) => {
        expect(marks.canKeepOthers).toBe(true);
        marks.note('bob', csn(150), 'read');
        marks.keepOthers();
      });
      read({ began: 300, ended: 301 }, (marks) => {
        expect(['ada', 'cleo'].map((id, i) => marks.isKnown(id, csn(10 + 2 * i)))).toEqual([true, true]);
        expect(marks.isKnown('bob', csn(150))).toBe(isExact);
        expect(marks.isKnown('bob', csn(160))).toBe(false);
        expect(marks.isKnown('dora', csn(12))).toBe(false);
      });
    },
  );

  test('are kept by such reads until there are too many', () => {
    const { read } = reads('entryCSN');
    let round = 0;
    const touch = () =>
      read({ began: 1000 * round, ended: 1000 * round + 1 }, (marks) => {
        for (let i = 0; i < 8000; i++) marks.note(`p${i}`, csn(1000 * round - 1, i), 'read');
        if (round > 0 && marks.canKeepOthers) marks.keepOthers();
        else if (round > 0) throw new Error('full');
        round++;
      });
    expect(() => Array.from({ length: 9 }, touch)).toThrow('full');
    expect(round).toBeGreaterThan(3);
  });

  test('of 100,000 people take 131 KB, and are all known', () => {
    const { read } = reads('entryCSN');
    const people = Array.from({ length: 100_000 }, (_, i) => ({ id: `p${i}`, mark: csn(-i % 5000, i) }));
    read({ began: 100, ended: 101 }, (marks) => {
      for (const { id, mark } of people) marks.note(id, mark, 'read');
    });
    read({ began: 200, ended: 201 }, (marks) => {
      expect(people.filter(({ id, mark }) => !marks.isKnown(id, mark))).toEqual([]);
      // A late change is found among the newest marks.
      expect(marks.isKnown('p1', csn(-3, 7))).toBe(false);
      for (const { id, mark } of people) marks.note(id, mark, 'kept');
      const next = marks.next() as Since;
      expect(next.memory.length).toBeLessThanOrEqual(8 * 16_384);
      expect(next.memory.length).toBeGreaterThan(8 * 10_000);
    });
  });
});

describe('the newest of many', () => {
  test('has all keys from one moment on, and reports this moment', () => {
    const newest = new Newest(10, 0);
    for (let i = 0; i < 100; i++) newest.add((i * 37) % 100, i, false);
    const { low, keys } = newest.end(Number.POSITIVE_INFINITY);
    expect(low).toBe(90);
    expect(keys).toHaveLength(10);
  });

  test('drops all keys of a moment that too many share', () => {
    const newest = new Newest(10, 0);
    for (let i = 0; i < 50; i++) newest.add(7, i, false);
    newest.add(8, 99, false);
    expect(newest.end(Number.POSITIVE_INFINITY)).toEqual({ low: 8, keys: Float64Array.from([99]) });
  });

  test('leaves out new keys after a moment, and treats all of these as unknown', () => {
    const newest = new Newest(2, 0);
    for (let moment = 1; moment <= 9; moment++) newest.add(moment, moment, moment === 9);
    expect(newest.end(5)).toEqual({ low: 6, keys: Float64Array.from([9]) });
  });
});

describe('a sweep', () => {
  const now = new Date('2026-01-02T12:00:00Z');
  const lastAt = new Date('2026-01-02T11:00:00Z');
  const guid = (n: number): Buffer => Buffer.concat([Buffer.alloc(15), Buffer.from([n])]);

  /**
   * What a sweep does with entries that have these attributes. The last read ended at change 5000, and the run knows
   * everybody. `before`: how many of the entries come before the run is ready.
   */
  const swept = (
    entries: Record<string, FakeValue>[],
    knows: (id: string) => ReturnType<Arrivals['unchanged']> = () => 'known',
    before = 0,
  ) => {
    const asked: [string, ExclusionReason | null][] = [];
    const place = { controller: 'dc', invocation: 'one', usn: 5000 };
    const { marks } = usnMarks(place, { cursor: { place }, memory: new Uint8Array(0) });
    const sweep = new Sweep({
      reached: { server: { flavour: 'ACTIVE_DIRECTORY' } } as Reached,
      idAttribute: 'objectGUID',
      marks,
      membership: {
        attributes: ['uid'],
        of: (dn, [uids = []]) => ({
          inGroups: !uids.includes('stranger'),
          excluded: dn.includes('ou=left') ? 'BELOW_EXCLUDED_DN' : null,
        }),
      },
      lastAt,
      at: now,
    });
    const begin = (): void =>
      sweep.begin({
        unchanged: (id: string, leftOut: ExclusionReason | null) => {
          asked.push([id.slice(-2), leftOut]);
          return knows(id.slice(-2));
        },
      } as Arrivals);
    for (const [i, { dn = 'cn=a', ...attributes }] of entries.entries()) {
      if (i === before) begin();
      const { bytes, at: start, end } = entryBytes(dn, attributes);
      sweep.take(bytes, start, end);
    }
    if (before === entries.length) begin();
    return { sweep, asked, attributes: sweep.attributes };
  };

  test('asks for ids, marks, and what changes without a mark', () => {
    expect(swept([]).attributes).toEqual(['objectGUID', 'uSNChanged', 'accountExpires', 'uid']);
  });

  test('requests people with a later mark, without a mark or an id, and those whom the run does not know', () => {
    const { sweep, asked } = swept(
      [
        { dn: 'cn=same', objectGUID: guid(1), uSNChanged: '5000' },
        { dn: 'cn=later', objectGUID: guid(2), uSNChanged: '5001' },
        { dn: 'cn=unmarked', objectGUID: guid(3) },
        { dn: 'cn=no id', uSNChanged: '1' },
        { dn: 'cn=unknown', objectGUID: guid(5), uSNChanged: '1' },
        { dn: 'cn=again', objectGUID: guid(6), uSNChanged: '1' },
        { dn: 'cn=later', objectGUID: guid(2), uSNChanged: '5001' },
      ],
      (id) => (id === '05' ? 'wanted' : id === '06' ? 'again' : 'known'),
    );
    expect(sweep.wanted).toEqual(['cn=later', 'cn=unmarked', 'cn=no id', 'cn=unknown']);
    expect(asked).toEqual([
      ['01', null],
      ['05', null],
      ['06', null],
    ]);
    expect(sweep.takeNews()).toBe(5);
    expect(sweep.whyEverybody()).toBeNull();
  });

  test('reports people who came before the run was ready as if they had come later', () => {
    const people = [
      { dn: 'cn=same', objectGUID: guid(1), uSNChanged: '5000' },
      { dn: 'cn=later', objectGUID: guid(2), uSNChanged: '5001' },
      { dn: 'cn=left,ou=left', objectGUID: guid(3), uSNChanged: '1' },
      { dn: 'cn=unknown', objectGUID: guid(4), uSNChanged: '1' },
    ];
    for (const before of [0, 1, 2, 3, 4]) {
      const { sweep, asked } = swept(people, (id) => (id === '04' ? 'wanted' : 'known'), before);
      expect(sweep.wanted).toEqual(['cn=later', 'cn=unknown']);
      expect(asked).toEqual([
        ['01', null],
        ['03', 'BELOW_EXCLUDED_DN'],
        ['04', null],
      ]);
      expect(sweep.takeNews()).toBe(4);
    }
  });

  test('holds only some megabytes before the run is ready', () => {
    const name = 'x'.repeat(40_000);
    const people = Array.from({ length: 110 }, () => ({ dn: `cn=${name}`, objectGUID: guid(1), uSNChanged: '1' }));
    expect(swept(people.slice(50), undefined, -1).sweep.holdsMuch).toBe(false);
    expect(swept(people, undefined, -1).sweep.holdsMuch).toBe(true);
    expect(swept(people, undefined, people.length).sweep.holdsMuch).toBe(false);
  });

  test('requests accounts that have expired since the last read, which no mark shows', () => {
    const expires = (time: string): string => String(fileTime(new Date(time)));
    const { sweep } = swept([
      { dn: 'cn=long ago', objectGUID: guid(1), uSNChanged: '1', accountExpires: expires('2026-01-02T10:59:59Z') },
      { dn: 'cn=since', objectGUID: guid(2), uSNChanged: '1', accountExpires: expires('2026-01-02T11:30:00Z') },
      { dn: 'cn=later', objectGUID: guid(3), uSNChanged: '1', accountExpires: expires('2026-01-02T12:30:00Z') },
      { dn: 'cn=never', objectGUID: guid(4), uSNChanged: '1', accountExpires: '9223372036854775807' },
      { dn: 'cn=nothing', objectGUID: guid(5), uSNChanged: '1', accountExpires: 'soon' },
    ]);
    expect(sweep.wanted).toEqual(['cn=since']);
  });

  test('reports to the run who is left out now by their groups or their place', () => {
    const { asked } = swept([
      { dn: 'cn=a', objectGUID: guid(1), uSNChanged: '1', uid: 'friend' },
      { dn: 'cn=a', objectGUID: guid(2), uSNChanged: '1', uid: 'stranger' },
      { dn: 'cn=a,ou=left', objectGUID: guid(3), uSNChanged: '1' },
    ]);
    expect(asked).toEqual([
      ['01', null],
      ['02', 'NOT_IN_GROUP'],
      ['03', 'BELOW_EXCLUDED_DN'],
    ]);
  });

  test("says that everybody must be read when too many have changed, or when somebody can't be found by their DN", () => {
    const changed = Array.from({ length: 101 }, (_, i) => ({ dn: `cn=${i}`, objectGUID: guid(i), uSNChanged: '9999' }));
    expect(swept(changed.slice(1)).sweep.whyEverybody()).toBeNull();
    expect(swept(changed).sweep.whyEverybody()).toContain('So many people');
    const nameless = swept([
      { dn: Buffer.from([0x63, 0x6e, 0x3d, 0xff]), objectGUID: guid(1), uSNChanged: '9999' },
    ]).sweep;
    expect(nameless.whyEverybody()).toContain('no text');
    expect(nameless.hasEnough).toBe(true);
  });
});

describe("Active Directory's numbers of changes", () => {
  const place = { controller: 'CN=NTDS Settings,CN=DC1', invocation: 'one', usn: 5000 };
  const since = (changes: Partial<typeof place>): Since => ({
    cursor: { place: { ...place, ...changes } },
    memory: new Uint8Array(0),
  });

  test('know entries up to the last change before the read began', () => {
    const { marks, whyAnew } = usnMarks({ ...place, usn: 6000 }, since({}));
    expect(whyAnew).toBeNull();
    expect(marks.isKnown('ada', '5000')).toBe(true);
    for (const mark of ['5001', '99999999999999999999', '-1', '', undefined])
      expect(marks.isKnown('ada', mark)).toBe(false);
    expect(marks.next()).toMatchObject({ cursor: { place: { usn: 6000 } } });
  });

  test.each<[string, Partial<typeof place>, RegExp]>([
    ['another domain controller', { controller: 'CN=NTDS Settings,CN=DC2' }, /Another domain controller/],
    ['a restored database', { invocation: 'two' }, /restored/],
    ['a database that was set back', { usn: 9000 }, /fewer changes/],
  ])('are not used on %s', (_, changes, reason) => {
    expect(usnMarks({ ...place, usn: 6000 }, since(changes)).whyAnew).toMatch(reason);
  });

  test('are not used if the place of the last read has another form', () => {
    expect(usnMarks(place, { cursor: { place: 'x' }, memory: new Uint8Array(0) }).whyAnew).toMatch(/can not be read/);
  });
});
