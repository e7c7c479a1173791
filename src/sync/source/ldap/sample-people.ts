import type { FieldMapping } from '../../../core/connection.ts';
import { isPlainText, shortText } from '../../../core/outside-text.ts';
import { mostShown, type SampledValues, type SampleRequest } from '../../../core/source-session.ts';
import { isForbidden, isPicture, normalName, rangeOf } from './attribute-name.ts';
import { BerCursor, Tag } from './ber.ts';
import { maxValueBytes } from './entry-decoder.ts';
import { encodeFilter } from './filter/filter.ts';
import { type Flavour, flavours } from './flavour.ts';
import { findIdAttribute } from './id-attribute.ts';
import { PersonDecoder } from './person-decoder.ts';
import { contextOf, type Reached } from './reach.ts';
import { resultError } from './result-error.ts';
import { planScope } from './scope-plan.ts';
import { binaryText, cleanText, readText, valueForm } from './value-text.ts';

/** How many people are on a page. They come with their photos, so a page is small. */
const pageSize = 20;
/** After this many bytes of all people together, no more are requested. */
const mostBytes = 64 * 1024 * 1024;
/** The most pages below one base DN. They also contain people who are out of scope. */
const mostPages = 100;
/** The most attributes of one person that are read. */
const mostAttributes = 1000;

/** Samples people in scope, some below each base DN (see SourceSession). Throws AppError, or the signal's reason. */
export async function samplePeople(
  reached: Reached,
  request: SampleRequest,
  signal: AbortSignal,
): Promise<readonly FieldMapping[]> {
  const { connection, settings, server } = reached;
  const release = connection.obey(signal);
  try {
    const { filter, membership } = await planScope(reached, request.scope);
    const { attribute: idAttribute } = await findIdAttribute(reached, filter);
    const { flavour } = server;
    const form = { idAttribute, flavour, membership, at: request.at, markAttribute: null };
    const sampling: Sampling = {
      ...request,
      filter: encodeFilter(filter),
      decoder: new PersonDecoder(request.attributes, form),
      signal,
      taken: 0,
      bytes: 0,
      over: false,
    };
    for (const [i, baseDn] of settings.baseDns.entries()) {
      const share = Math.ceil((request.people - sampling.taken) / (settings.baseDns.length - i));
      await sampleBase(reached, baseDn, share, sampling);
      if (sampling.over) break;
    }
    return flavours[flavour].mappings();
  } finally {
    release();
  }
}

/** A sample while it grows. `over`: no more people are wanted. */
type Sampling = Pick<SampleRequest, 'take'> & {
  filter: ReturnType<typeof encodeFilter>;
  decoder: PersonDecoder;
  signal: AbortSignal;
  taken: number;
  bytes: number;
  over: boolean;
};

async function sampleBase(reached: Reached, baseDn: string, share: number, sampling: Sampling): Promise<void> {
  const { filter, decoder, signal } = sampling;
  const attributes = [...new Set(['*', ...operational(reached.server.flavour), ...decoder.attributes])];
  const until = sampling.taken + share;
  const entry = (bytes: Buffer, at: number, end: number): void => {
    if (sampling.over || sampling.taken >= until) return;
    sampling.bytes += end - at;
    const took = sampling.take({ entry: decoder.decode(bytes, at, end), has: valuesOf(bytes, at, end) });
    if (took !== 'left out') sampling.taken++;
    sampling.over = took === 'enough' || sampling.bytes >= mostBytes;
  };
  let cookie = Buffer.alloc(0);
  for (let pages = 0; pages < mostPages && sampling.taken < until && !sampling.over; pages++) {
    const search = { baseDn, scope: 'sub', filter, attributes, page: { size: pageSize, cookie } } as const;
    const result = await reached.connection.search(search, { entry, references: () => {} });
    signal.throwIfAborted();
    if (result.code !== 0) throw resultError(result, contextOf(reached, baseDn));
    if (result.cookie === null || result.cookie.length === 0) return;
    cookie = Buffer.from(result.cookie);
  }
}

/** Attributes that `*` does not request, and that mappings, scopes and administrators can use. */
function operational(flavour: Flavour): string[] {
  const { ids, flags, changeAttribute } = flavours[flavour];
  return [
    'memberOf',
    'createTimestamp',
    'modifyTimestamp',
    ...ids.map(({ name }) => name),
    ...flags,
    changeAttribute.name,
  ];
}

/** The attributes of a SearchResultEntry. The values of secrets are counted, but not read. */
function valuesOf(bytes: Buffer, at: number, end: number): SampledValues[] {
  const entry = new BerCursor(bytes, at, end);
  entry.skip();
  const list = entry.element(Tag.SEQUENCE);
  const found: SampledValues[] = [];
  while (!list.done && found.length < mostAttributes) {
    const attribute = list.element(Tag.SEQUENCE);
    const sent = cleanText(attribute.octets());
    const name = rangeOf(sent)?.name ?? sent;
    const set = attribute.element(Tag.SET);
    const first: Buffer[] = [];
    let count = 0;
    for (; !set.done; count++) {
      const value = set.octets();
      if (first.length < mostShown) first.push(value);
    }
    const isSecret = isForbidden(name) && !isPicture(name);
    if (count > 0) found.push({ name, count, shown: isSecret ? [] : first.map((value) => shownValue(name, value)) });
  }
  return found;
}

/** The value as it is shown: ids in their usual form, text unchanged, other bytes by their number. */
function shownValue(name: string, value: Buffer): string {
  const form = valueForm(normalName(name));
  const text =
    form === 'guid' || form === 'guid-in-order' || form === 'sid'
      ? binaryText(form, value)
      : isPicture(name) || value.length > maxValueBytes
        ? null
        : readText(value, 0, value.length);
  return text === null || !isPlainText(text) ? `(${value.length} bytes)` : shortText(text);
}
