import { z } from 'zod';
import type { Since } from '../../../../core/arrivals.ts';
import { momentOf } from './generalized-time.ts';
import type { Marks, OpenedMarks } from './marks.ts';
import { Newest } from './newest.ts';

/** How many entries have their marks remembered. An older entry is known only if it has a mark before `low`. */
const mostRemembered = 16_384;

/** When more than this are remembered, one read can no longer add those of touched people. */
const mostKept = 2 * mostRemembered;

const second = 1_000_000;
/** Marks that are further in the future are ignored: they would make all real changes look old. */
const longestAhead = 3600 * second;
/** How much the clocks of replicating servers may differ. */
const slack = 10 * second;

/**
 * The position at which a read ended. Entries with a mark before `low` were known. `largest`: the latest mark seen.
 * `ended`: the time by our clock. The memory holds the keys of the known entries that are not older than `low`.
 */
const placeShape = z.object({ attribute: z.string(), low: z.number(), largest: z.number(), ended: z.number() });
type Place = z.infer<typeof placeShape>;

type TimeMarksInput = {
  attribute: string;
  since: Since | null;
  /** The milliseconds of our clock, for durations and for marks from the future. */
  clock: () => number;
};

/**
 * Marks that are times: modifyTimestamp, or OpenLDAP's entryCSN. A change can become visible late, with an earlier time
 * than changes that were already seen: by replication, by parallel transactions, or by a clock that was set back. So it
 * is not enough to ask for marks after the latest one. The marks of the entries that changed last are remembered one by
 * one; an entry with any other mark has changed. Only for older entries the time decides.
 */
export function timeMarks({ attribute, since, clock }: TimeMarksInput): OpenedMarks {
  const began = clock();
  const parsed = since === null ? null : placeShape.safeParse(since.cursor.place);
  const last = parsed?.success === true && parsed.data.attribute === attribute ? parsed.data : null;
  const known = last === null ? new Set<number>() : keysIn(since?.memory ?? new Uint8Array(0));
  const newest = new Newest(mostRemembered, last?.low ?? 0);
  const latestBelieved = began * 1000 + longestAhead;
  let largest = last?.largest ?? 0;
  let othersKept = false;
  const counts = { believed: 0, ahead: 0, unreadable: 0 };
  /** Each change has a different change sequence number. Several changes can have the same time. */
  const isExact = attribute.toLowerCase() === 'entrycsn';
  const marks: Marks = {
    attribute,
    inFullReads: true,
    isKnown: (id, mark) => {
      if (last === null || mark === undefined) return false;
      const moment = momentOf(mark);
      if (moment === null || moment > latestBelieved) return false;
      return moment < last.low || known.has(keyOf(id, mark));
    },
    note: (id, mark, how) => {
      const moment = mark === undefined ? null : momentOf(mark);
      if (moment === null || mark === undefined) counts.unreadable++;
      else if (moment > latestBelieved) counts.ahead++;
      else {
        counts.believed++;
        if (moment > largest) largest = moment;
        if (moment >= newest.low) newest.add(moment, keyOf(id, mark), how === 'kept');
      }
    },
    canKeepOthers: known.size <= mostKept,
    keepOthers: () => {
      othersKept = true;
    },
    next: () => {
      if (othersKept && last !== null) {
        // If the marks are not exact, the next sweep reads touched people again.
        const { keys } = isExact ? newest.end(Number.POSITIVE_INFINITY) : { keys: new Float64Array(0) };
        const place: Place = { ...last, largest, ended: clock() };
        return { cursor: { place }, memory: bytesOf(Float64Array.from(new Set([...known, ...keys])).sort()) };
      }
      if (counts.unreadable > counts.believed)
        return {
          because: `The bind account may not read ${attribute} of most people, which tells when they were changed.`,
        };
      if (counts.ahead > counts.believed)
        return { because: `By the clock of this service, most people were changed in the future (${attribute}).` };
      const ended = clock();
      const hot = isExact ? Number.POSITIVE_INFINITY : hotAfter(last, { began, ended, largest });
      const { low, keys } = newest.end(hot);
      return { cursor: { place: { attribute, low, largest, ended } satisfies Place }, memory: bytesOf(keys) };
    },
  };
  return { marks, whyAnew: last === null ? `The last run did not go by ${attribute}.` : null };
}

/**
 * The moment after which an entry is not remembered. A mark of one second can mean a change before the read and another
 * one after it. So an entry is not remembered if its second may not have been over when it was read, which is so if its
 * mark is close to the latest mark. If an earlier read has already seen marks as late as this, the second was over.
 */
function hotAfter(
  last: Place | null,
  { began, ended, largest }: Record<'began' | 'ended' | 'largest', number>,
): number {
  const duration = Math.max(0, ended - began) * 1000;
  const near = largest - duration - slack;
  const wasOver = last !== null && (began - last.ended) * 1000 >= slack;
  return wasOver ? Math.max(near, last.largest) : near;
}

/** A number of 53 bits for an entry with its mark. Two 32-bit hashes are computed in parallel and mixed at the end. */
function keyOf(id: string, mark: string): number {
  const text = `${id} ${mark}`;
  let [a, b] = [0xdeadbeef, 0x41c6ce57];
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    a = Math.imul(a ^ code, 2_654_435_761);
    b = Math.imul(b ^ code, 1_597_334_677);
  }
  a = Math.imul(a ^ (a >>> 16), 2_246_822_507) ^ Math.imul(b ^ (b >>> 13), 3_266_489_909);
  b = Math.imul(b ^ (b >>> 16), 2_246_822_507) ^ Math.imul(a ^ (a >>> 13), 3_266_489_909);
  return 0x1_0000_0000 * (b & 0x1f_ffff) + (a >>> 0);
}

function bytesOf(keys: Float64Array): Uint8Array {
  const bytes = Buffer.alloc(8 * keys.length);
  for (const [i, key] of keys.entries()) bytes.writeDoubleBE(key, 8 * i);
  return bytes;
}

function keysIn(memory: Uint8Array): Set<number> {
  const bytes = Buffer.from(memory.buffer, memory.byteOffset, memory.byteLength);
  const keys = new Set<number>();
  for (let at = 0; at + 8 <= bytes.length; at += 8) keys.add(bytes.readDoubleBE(at));
  return keys;
}
