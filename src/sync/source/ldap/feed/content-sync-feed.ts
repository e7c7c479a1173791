import { z } from 'zod';
import { allowances } from '../answer-limits.ts';
import { MalformedBer } from '../ber.ts';
import { canonicalDn } from '../dn.ts';
import { EntryDecoder } from '../entry-decoder.ts';
import { encodeFilter, present } from '../filter/filter.ts';
import type { Reached } from '../reach.ts';
import type { LdapResult } from '../search-result.ts';
import { type ChangeFeed, type FeedAnswer, mostTouched, type NoFeed, type Touched } from './change-feed.ts';
import {
  type PackedIds,
  refreshDeletes,
  SyncRequestControl,
  type SyncState,
  syncInfoOf,
  syncStateOf,
  unpacked,
} from './content-sync.ts';
import { contextsAround, unknownContexts } from './contexts-around.ts';
import { type ChangeNumbers, changeNumberShape, changeNumbers, cookieOf, progressOf } from './sync-cookie.ts';

/** An OpenLDAP's position in each naming context, by the context's DN as the server writes it. */
const placeShape = z.record(z.string(), z.record(z.string(), z.string().regex(changeNumberShape)));

/** How many bytes of ids of untouched entries are kept: enough for four million entries. */
const mostNamedBytes = 64 * 1024 * 1024;

/**
 * The feed of an OpenLDAP with the overlay syncprov (RFC 4533, refreshOnly). It asks for all entries of whole naming
 * contexts, not only for those of the scope. So it also sees entries that leave a base or no longer meet a filter. If
 * the server keeps a log of its sessions (syncprov-sessionlog), it reports only touched entries. Otherwise it also
 * names all other entries, by their ids.
 */
export async function contentSyncFeed(reached: Reached, idAttribute: string): Promise<ChangeFeed | NoFeed> {
  if (idAttribute.toLowerCase() !== 'entryuuid')
    return { because: `the server tells of entries by entryUUID, and people are identified by ${idAttribute}` };
  const contexts = contextsAround(reached);
  if (contexts === null) return { because: unknownContexts };
  const place: Record<string, ChangeNumbers> = {};
  for (const context of contexts) {
    const numbers = await changeNumbers(reached, context);
    if (numbers === null) return { because: `the bind account may not read contextCSN of "${context}"` };
    place[context] = numbers;
  }
  return {
    way: 'The server told which entries have been touched since the last run (RFC 4533).',
    place,
    trustedMs: null,
    since: (last) => touchedSince(reached, contexts, place, last),
  };
}

async function touchedSince(
  reached: Reached,
  contexts: readonly string[],
  now: Readonly<Record<string, ChangeNumbers>>,
  last: unknown,
): Promise<FeedAnswer> {
  const parsed = placeShape.safeParse(last);
  if (!parsed.success) return { kind: 'silent', because: 'the last run has not noted where the server stood' };
  const there = new Map<string, string | null>();
  const gone = new Set<string>();
  const others: PackedIds[] = [];
  let namesOthers = false;
  for (const context of contexts) {
    const [current, before] = [now[context], parsed.data[context]];
    if (current === undefined || before === undefined)
      return { kind: 'silent', because: `the last run has not noted where the server stood with "${context}"` };
    const progress = progressOf(current, before);
    if (progress === 'behind')
      return { kind: 'anew', because: 'The server lacks changes that the server of the last run had.' };
    const answer = await ask(reached, context, progress === 'same' ? null : before);
    if ('because' in answer) return { kind: 'silent', ...answer };
    for (const [id, dn] of answer.there) there.set(id, dn);
    for (const id of answer.gone) gone.add(id);
    if (answer.named !== null) {
      namesOthers = true;
      others.push(...answer.named);
    }
    if (there.size + gone.size > mostTouched) return { kind: 'silent', because: tooMany };
  }
  if (namesOthers && contexts.length > 1)
    return {
      kind: 'silent',
      because: 'the server does not log what is deleted in its databases (syncprov-sessionlog)',
    };
  return { kind: 'touched', touched: { there, gone, others: namesOthers ? others : null } };
}

const tooMany = 'too many entries have been touched to be told one by one';

/** `named`: the ids of untouched entries, if the server named them all. */
type Answer = Pick<Touched, 'there' | 'gone'> & { named: readonly PackedIds[] | null };

/** Asks which entries of a naming context were touched. `before` null: none was. */
async function ask(
  reached: Reached,
  context: string,
  before: ChangeNumbers | null,
): Promise<Answer | { because: string }> {
  const told = new Told(context);
  if (before === null) return told.answer(false);
  const result = await reached.connection.search(
    {
      baseDn: context,
      scope: 'sub',
      filter: encodeFilter(present('objectClass')),
      attributes: ['hasSubordinates'],
      controls: [new SyncRequestControl('refreshOnly', cookieOf(before))],
      allowance: allowances.feed,
    },
    {
      entry: (bytes, at, end, messageEnd) => told.take(() => told.entry(bytes, at, end, messageEnd)),
      references: () => told.fail('a part of the directory lies on another server'),
      intermediate: (response) =>
        told.take(() => {
          const info = syncInfoOf(response);
          if (info?.kind === 'ids') told.ids(info.ids, info.gone);
          if (info?.kind === 'phaseEnds' && info.phase === 'present') told.endPresent();
        }),
    },
  );
  return told.end(result);
}

/** The result with which a server says that it no longer knows what was touched (RFC 4533, 2.6). */
const refreshRequired = 4096;

/** Collects the server's reports about one naming context. */
class Told {
  readonly #context: string;
  readonly #there = new Map<string, string | null>();
  readonly #gone = new Set<string>();
  readonly #named: PackedIds[] = [];
  readonly #decoder = new EntryDecoder(['hasSubordinates']);
  #namedBytes = 0;
  #presentEnded = false;
  #because: string | null = null;

  constructor(context: string) {
    this.#context = canonicalDn(context);
  }

  fail(because: string): void {
    this.#because ??= because;
  }

  /** Does `work`, unless the answer is already useless. */
  take(work: () => void): void {
    if (this.#because !== null) return;
    try {
      work();
    } catch (error) {
      if (!(error instanceof MalformedBer)) throw error;
      this.fail(`its answer can not be read: ${error.message}`);
    }
  }

  entry(bytes: Buffer, at: number, end: number, messageEnd: number): void {
    const told: SyncState | null = syncStateOf(bytes, end, messageEnd);
    if (told === null) {
      this.fail('some of its databases do not take part');
      return;
    }
    const { name, nameIsText, values } = this.#decoder.decode(bytes, at, end);
    if (told.state === 'present') this.#addNamed(Buffer.from(told.id.replaceAll('-', ''), 'hex'));
    else if (told.state === 'delete') this.#gone.add(told.id);
    else {
      this.#there.set(told.id, nameIsText ? name : null);
      // When a unit is renamed or moved, all entries below it get other DNs, but are not touched themselves.
      if (values[0] !== 'FALSE' && canonicalDn(name) !== this.#context) this.fail(unitTouched(name));
    }
    this.#checkSize();
  }

  ids(ids: PackedIds, gone: boolean): void {
    if (!gone) this.#addNamed(ids);
    else for (const id of unpacked(ids)) this.#gone.add(id);
    this.#checkSize();
  }

  endPresent(): void {
    this.#presentEnded = true;
  }

  end({ code, message, syncDone }: LdapResult): Answer | { because: string } {
    if (code === refreshRequired) this.#because = 'it does not know any more what was touched since the last run';
    else if (code !== 0) this.#because ??= `it refused (result ${code}${message === '' ? '' : `: ${message}`})`;
    else if (syncDone === null) this.fail('it did not say that it has told everything');
    let onlyDeleted = false;
    this.take(() => {
      onlyDeleted = syncDone !== null && refreshDeletes(syncDone);
    });
    return this.#because === null ? this.answer(!onlyDeleted || this.#presentEnded) : { because: this.#because };
  }

  answer(namesOthers: boolean): Answer {
    return { there: this.#there, gone: this.#gone, named: namesOthers ? this.#named : null };
  }

  #addNamed(ids: PackedIds): void {
    this.#namedBytes += ids.length;
    if (this.#namedBytes > mostNamedBytes) this.fail('it names too many entries');
    else this.#named.push(ids);
  }

  #checkSize(): void {
    if (this.#there.size + this.#gone.size > mostTouched) this.fail(tooMany);
  }
}

function unitTouched(dn: string): string {
  return `"${dn}" has been changed, which has entries below it, and if it was moved they were, too`;
}
