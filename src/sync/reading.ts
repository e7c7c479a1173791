import { AppError } from '../core/app-error.ts';
import type { Entry, ReadSummary } from '../core/directory.ts';
import { primaryEmailOnce } from '../core/other-emails.ts';
import type { ExclusionReason, LogCode } from '../core/run.ts';
import { mostWaitingBuffers } from '../core/sync-store.ts';
import { indexed } from '../search/contact-index.ts';
import { type CompiledMapping, compileMapping } from './map/compile-mapping.ts';
import { mappingVersion } from './map/mapping-version.ts';
import type { FromReader, ReadCounts, ReadTask, ToReader } from './read-messages.ts';
import { scopeDraft } from './scope/scope-draft.ts';
import { scopeEntry } from './scope/scope-entry.ts';
import type { Source } from './source/source-module.ts';
import type { Digest } from './stage/digest.ts';
import { knownBy } from './stage/known-by.ts';
import { KnownPeople } from './stage/known-people.ts';
import { loadKnown, sweepKnown } from './stage/known-rows.ts';
import { Staging } from './stage/stage-people.ts';

/** Buffers of rows that may be under way to the database; past them the source is held back. */
const maxUnderWay = 2 * mostWaitingBuffers;

/** Ids of people who are gone that are told of at a time. */
const goneAtOnce = 5000;

/** The read of one run: source, scope, map and stage, page after page. It ends with `done` or `failed`. */
export class Reading {
  readonly #task: ReadTask;
  readonly #send: (message: FromReader, transfer?: ArrayBuffer[]) => void;
  readonly #counts: ReadCounts = { read: 0, inScope: 0, unchanged: 0, withoutId: 0, excluded: {} };
  readonly #known = new KnownPeople();
  readonly #addKnown = loadKnown(this.#known);
  readonly #knownLoaded = Promise.withResolvers<void>();
  readonly #source: Source;
  readonly #mapping: CompiledMapping;
  readonly #staging: Staging;
  readonly #sweep = sweepKnown(this.#known, (id) => this.#addGone(id));
  #gone: string[] = [];
  #underWay = 0;
  #release: (() => void) | null = null;

  constructor(task: ReadTask, source: Source, send: (message: FromReader, transfer?: ArrayBuffer[]) => void) {
    this.#task = task;
    this.#send = send;
    this.#source = source;
    this.#mapping = compileMapping(task.settings.mappings, source.attributes);
    this.#staging = new Staging({
      workspaceId: task.workspaceId,
      runId: task.runId,
      settingsText: knownBy(task.settings, mappingVersion),
      index: (values) => indexed(values, task.workspaceId),
      onRows: (bytes) => {
        this.#underWay++;
        send({ kind: 'rows', bytes }, [bytes.buffer as ArrayBuffer]);
      },
      onFills: (id, fields) => send({ kind: 'fills', id, fields }),
    });
  }

  /** Resolves when the read has ended either way; rejects with a fault of ours only. */
  async start(): Promise<void> {
    try {
      const summary = await this.#read();
      this.#staging.flush();
      const { staged } = this.#staging;
      this.#send({ kind: 'done', counts: this.#counts, summary, absent: this.#known.absent, staged });
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      this.#send({ kind: 'failed', error: { code: error.code, message: error.message, hint: error.hint } });
    }
  }

  hear(message: Exclude<ToReader, { kind: 'test' | 'task' | 'over' }>): void {
    if (message.kind === 'known') this.#addKnown(message.bytes);
    else if (message.kind === 'knownEnd') this.#knownLoaded.resolve();
    else if (message.kind === 'sweep') this.#sweep(message.bytes);
    else if (message.kind === 'sweepEnd') {
      this.#tellGone();
      this.#send({ kind: 'goneDone' });
    } else {
      this.#underWay -= message.memory.length;
      for (const memory of message.memory) this.#staging.takeBack(memory);
      this.#release?.();
      this.#release = null;
    }
  }

  async #read(): Promise<ReadSummary> {
    const { settings, secrets, addresses, at } = this.#task;
    // Whoever gives the run up ends the thread.
    const { signal } = new AbortController();
    const session = await this.#source.open(settings.source, secrets, { addresses, signal });
    try {
      this.#send({ kind: 'connected', server: session.server, notes: session.notes });
      await this.#knownLoaded.promise;
      const request = { attributes: this.#mapping.attributes, scope: settings.scope, at };
      return await session.readPeople(request, (entries) => this.#takePage(entries), signal);
    } finally {
      await session.close();
    }
  }

  #takePage(entries: Entry[]): number | Promise<number> {
    let news = 0;
    for (const entry of entries) if (this.#take(entry) === 'new') news++;
    this.#send({ kind: 'counts', counts: { ...this.#counts, excluded: { ...this.#counts.excluded } } });
    if (this.#underWay < maxUnderWay) return news;
    return new Promise((resolve) => {
      this.#release = () => resolve(news);
    });
  }

  /** 'new' for somebody whom no page has brought before; without an id nobody can tell. */
  #take(entry: Entry): 'new' | 'not new' {
    const { id, name, unfit } = entry;
    if (id === null) {
      this.#counts.read++;
      this.#counts.inScope++;
      this.#counts.withoutId++;
      this.#staging.skip(name, null, 'NO_ID', unfit ?? noId);
      return 'not new';
    }
    const arrival = this.#known.arrive(id);
    if (arrival === 'again') return 'not new';
    this.#counts.read++;
    const scoped = scopeEntry(entry, this.#task.settings.scope);
    if (scoped.kind === 'out') this.#exclude(scoped.reason);
    else if (unfit !== null) this.#skip(entry, id, 'MALFORMED_VALUE', unfit);
    else this.#takeInScope(entry, id, arrival === 'linked');
    return 'new';
  }

  #takeInScope(entry: Entry, id: string, linked: boolean): void {
    const hash = this.#staging.hash(entry);
    if (linked && this.#known.isUnchanged(hash)) {
      this.#known.markPresent();
      this.#counts.inScope++;
      this.#counts.unchanged++;
    } else this.#map(entry, id, linked, hash);
  }

  /** Somebody who is there, and is left alone. */
  #skip(entry: Entry, id: string, code: LogCode, reason: string): void {
    this.#known.markPresent();
    this.#counts.inScope++;
    this.#staging.skip(entry.name, id, code, reason);
  }

  #map(entry: Entry, id: string, linked: boolean, hash: Digest): void {
    const outcome = this.#mapping.map(entry);
    if (outcome.kind === 'problem') {
      this.#skip(entry, id, outcome.code, outcome.message);
      return;
    }
    const { draft, alternatives } = outcome;
    const lost = draft.values.PRIMARY_EMAIL === undefined && entry.undecodable.find((name) => this.#isForEmail(name));
    if (lost) {
      this.#skip(entry, id, 'MALFORMED_EMAIL', `A value of ${lost} is not valid text, so the address is not known.`);
      return;
    }
    const scoped = scopeDraft(draft, this.#task.settings.scope);
    if (scoped.kind === 'out') {
      this.#exclude(scoped.reason);
      return;
    }
    this.#known.markPresent();
    this.#counts.inScope++;
    this.#staging.add({
      person: entry.name,
      personId: id,
      linked,
      hash,
      // A linked person's are held against the contact, which may have another primary address.
      values: linked ? draft.values : primaryEmailOnce(draft.values),
      fills: draft.fills,
      alternatives,
      remarks: entry.undecodable.length === 0 ? outcome.remarks : [...outcome.remarks, ...undecodable(entry)],
    });
  }

  #isForEmail(attribute: string): boolean {
    const { keyOf } = this.#source.attributes;
    return this.#task.settings.mappings.some(
      ({ field, attributes }) =>
        field === 'PRIMARY_EMAIL' && attributes.some((name) => keyOf(name) === keyOf(attribute)),
    );
  }

  #exclude(reason: ExclusionReason): void {
    this.#counts.excluded[reason] = (this.#counts.excluded[reason] ?? 0) + 1;
  }

  #addGone(id: string): void {
    this.#gone.push(id);
    if (this.#gone.length === goneAtOnce) this.#tellGone();
  }

  /** Message by message, so that no list of all the gone is held. */
  #tellGone(): void {
    if (this.#gone.length > 0) this.#send({ kind: 'gone', ids: this.#gone });
    this.#gone = [];
  }
}

const noId = 'There is no value for the attribute that identifies people.';

const undecodable = (entry: Entry): string[] =>
  entry.undecodable.map((name) => `Of ${name}, values were left out: they are no valid text, too large, or too many.`);
