import { AppError } from '../core/app-error.ts';
import { type Arrivals, type Extent, type FeedEnd, type ReadMode, type Since } from '../core/arrivals.ts';
import type { Entry } from '../core/entry.ts';
import type { StoredFiles } from '../core/stored-files.ts';
import { mostWaitingBuffers } from '../core/sync-store.ts';
import { indexed } from '../search/contact-index.ts';
import { AskAgain } from './ask-again.ts';
import { mappingVersion } from './map/mapping-version.ts';
import { noteOf } from './outcomes.ts';
import { PeopleSample } from './people-sample.ts';
import { checkLength, type ReadMemory, readMemory, writeMemory } from './read-memory.ts';
import type { FromReader, ReadTask, ToReader } from './read-messages.ts';
import type { Source } from './source/source-module.ts';
import { settingsText } from './stage/hashed-text.ts';
import { KnownPeople } from './stage/known-people.ts';
import { loadKnown, sweepKnown } from './stage/known-rows.ts';
import { Staging } from './stage/stage-people.ts';
import { TakePeople } from './take-people.ts';

/** How many buffers of rows may be on their way to the database. At this number the source must wait. */
const maxUnderWay = 2 * mostWaitingBuffers;

/** How many ids are in one message about people who are gone or whose rows are void. */
const idsAtOnce = 5000;

/** The counts are sent after this many people of whom only the id comes. */
const countsEvery = 1000;

/**
 * The read of one run. People arrive page by page and become staged rows; after the end the ids of people who are gone follow.
 * It ends with `done` or `failed`.
 */
export class Reading {
  readonly #task: ReadTask;
  readonly #send: (message: FromReader, transfer?: ArrayBuffer[]) => void;
  readonly #source: Source;
  readonly #files: StoredFiles;
  readonly #known = new KnownPeople();
  readonly #again = new AskAgain(this.#known);
  readonly #addKnown = loadKnown(this.#known, (id) => this.#again.addUnsettled(id));
  readonly #knownLoaded = Promise.withResolvers<void>();
  #isReady = false;
  readonly #staging: Staging;
  readonly #sample: PeopleSample | null;
  readonly #people: TakePeople;
  readonly #sweep = sweepKnown(
    this.#known,
    () => this.#begun(),
    (id) => this.#addGone(id),
  );
  #extent: Extent | null = null;
  #mode: ReadMode['mode'] = 'FULL';
  #reason: string;
  #stayed = 0;
  #end: FeedEnd | null = null;
  #gone: string[] = [];
  #underWay = 0;
  #release: (() => void) | null = null;

  constructor(
    task: ReadTask,
    { source, files }: { source: Source; files: StoredFiles },
    send: (message: FromReader, transfer?: ArrayBuffer[]) => void,
  ) {
    this.#task = task;
    this.#send = send;
    this.#source = source;
    this.#reason = task.modeReason;
    this.#files = files;
    this.#staging = new Staging({
      workspaceId: task.workspaceId,
      runId: task.runId,
      settingsText: settingsText(task.settings, mappingVersion),
      index: (values) => indexed(values, task.workspaceId),
      people: task.settings.mappings.some(({ field }) => field === 'MANAGER') ? source.people : null,
      onRows: (bytes) => {
        this.#underWay++;
        send({ kind: 'rows', bytes }, [bytes.buffer as ArrayBuffer]);
      },
      onFills: (id, fields) => send({ kind: 'fills', id, fields }),
    });
    const { sample, settings } = task;
    this.#sample = sample === undefined ? null : new PeopleSample(sample, settings.mappings);
    this.#people = new TakePeople({
      settings: task.settings,
      rank: task.rank,
      source,
      known: this.#known,
      staging: this.#staging,
      again: this.#again,
      sample: this.#sample,
    });
  }

  /** Resolves when the read is done or has failed. Rejects only for a bug of ours. */
  async start(): Promise<void> {
    try {
      await this.#read();
      this.#staging.flush();
      this.#sendTakenBack();
      if (this.#sample !== null) this.#send({ kind: 'sample', sample: this.#sample.result });
      this.#sendDone();
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      this.#send({ kind: 'failed', error: { code: error.code, message: error.message, hint: error.hint } });
    }
  }

  receive(message: Exclude<ToReader, { kind: 'look' | 'task' | 'findPhotos' | 'people' | 'over' }>): void {
    if (message.kind === 'known') this.#addKnown(message.bytes);
    else if (message.kind === 'knownEnd') {
      this.#isReady = true;
      this.#knownLoaded.resolve();
    } else if (message.kind === 'sweep') this.#sweep(message.bytes);
    else if (message.kind === 'sweepEnd') {
      this.#sendGone();
      this.#send({ kind: 'goneDone' });
    } else {
      this.#underWay -= message.memory.length;
      for (const memory of message.memory) this.#staging.takeBack(memory);
      this.#release?.();
      this.#release = null;
    }
  }

  async #read(): Promise<void> {
    const { settings, secrets, addresses, at } = this.#task;
    // Nothing aborts it: to give a run up, the whole thread is ended.
    const { signal } = new AbortController();
    const session = await this.#source.open(settings.source, secrets, { addresses, files: this.#files, signal });
    try {
      this.#send({ kind: 'connected', server: session.server, notes: session.notes });
      // A source that reports only changes may continue only if the known people allow it. Others can begin to read
      // earlier.
      if (this.#source.continuation === 'tells changes') await this.#knownLoaded.promise;
      const request = {
        attributes: this.#people.attributes,
        scope: settings.scope,
        at,
        since: this.#since(),
        photo: settings.photo,
        ready: this.#knownLoaded.promise,
        again: () => this.#again.answer(),
        only: this.#task.only,
      };
      await session.read(request, (extent, how) => this.#begin(extent, how), signal);
    } finally {
      await session.close();
    }
  }

  /** Where the source may continue. */
  #since(): Since | null {
    const { since } = this.#task;
    if (since === null) return null;
    if (this.#source.continuation === 'tells changes' && this.#known.unsettled > 0) {
      this.#reason = 'Some people must be looked at again, because their contacts have been changed here.';
      return null;
    }
    const { source, leftOut, people } = readMemory(since.memory);
    this.#people.remember(leftOut);
    this.#again.remember(people);
    return { cursor: since.cursor, memory: source };
  }

  #begin(extent: Extent, { mode, reason, way }: ReadMode): Arrivals {
    if (this.#extent !== null) throw new Error('A source began twice in one read.');
    if (!this.#isReady) throw new Error('A source began before the run was ready.');
    this.#extent = extent;
    this.#mode = mode;
    const sentences = [reason ?? this.#reason, ...(way === undefined ? [] : [way])];
    this.#send({ kind: 'begun', extent, mode, reason: sentences.join(' ') });
    const unended = (): void => {
      if (this.#end !== null) throw new Error('A source went on after the end.');
    };
    return {
      present: (entries, taken) => {
        unended();
        return this.#takePage(entries, extent, taken);
      },
      unchanged: (id, leftOut) => {
        const became = this.#people.stay(id, leftOut);
        if (became === 'known' && ++this.#stayed % countsEvery === 0) this.#sendCounts();
        return became;
      },
      missing: (named, most) => {
        for (const ids of named) this.#known.name(ids);
        return this.#known.missing(most);
      },
      othersStay: () => {
        unended();
        this.#people.stayOthers();
        this.#sendCounts();
      },
      startOver: (reason) => {
        unended();
        this.#people.startOver();
        this.#mode = 'FULL';
        this.#send({ kind: 'begun', extent, mode: 'FULL', reason });
      },
      gone: (ids) => {
        unended();
        for (const id of ids) this.#people.leave(id);
      },
      end: (end) => {
        unended();
        checkLength(end);
        if (end.unsure !== undefined) this.#known.keepNoted(noteOf[end.unsure.leftOutBy]);
        this.#end = end;
      },
    };
  }

  #begun(): Extent {
    if (this.#extent === null) throw new Error('A source has not begun its read.');
    return this.#extent;
  }

  #takePage<E extends Entry>(
    entries: readonly E[],
    extent: Extent,
    taken: (entry: E) => void = () => {},
  ): number | Promise<number> {
    let news = 0;
    for (const entry of entries) {
      if (this.#people.take(entry, extent) === 'not new') continue;
      news++;
      taken(entry);
    }
    this.#sendCounts();
    if (this.#underWay < maxUnderWay) return news;
    return new Promise((resolve) => {
      this.#release = () => resolve(news);
    });
  }

  #sendCounts(): void {
    const { counts } = this.#people;
    this.#send({ kind: 'counts', counts: { ...counts, excluded: { ...counts.excluded } } });
  }

  #sendDone(): void {
    const extent = this.#begun();
    if (this.#end === null) throw new Error('A source ended its read without reporting the end.');
    const { memory: ofSource, ...end } = this.#end;
    const { counts } = this.#people;
    const { staged, withManager, withFindings } = this.#staging;
    const memory = this.#memory({
      source: ofSource ?? new Uint8Array(0),
      leftOut: this.#people.leftOut(),
      people: this.#again.ofThisRead(counts),
    });
    const gone = this.#known.countGone(extent);
    const { continuation } = this.#source;
    this.#send({
      kind: 'done',
      extent,
      mode: this.#mode,
      continuation,
      end,
      memory,
      counts,
      staged,
      withManager,
      withFindings,
      filled: this.#staging.filled(),
      gone,
    });
  }

  /** The memory for the next read. Null: the same that this read was given. */
  #memory(memory: ReadMemory): Uint8Array | null {
    if (this.#end?.cursor === null || this.#source.continuation === 'tells changes') return new Uint8Array(0);
    const written = writeMemory(memory);
    const given = this.#task.since?.memory;
    return given !== undefined && Buffer.compare(given, written) === 0 ? null : written;
  }

  /** Sent before `done`: all rows are stored first, then the void ones are deleted. */
  #sendTakenBack(): void {
    const rows = [...this.#people.takenBack];
    for (let at = 0; at < rows.length; at += idsAtOnce)
      this.#send({ kind: 'takenBack', rows: rows.slice(at, at + idsAtOnce) });
  }

  #addGone(id: string): void {
    this.#gone.push(id);
    if (this.#gone.length === idsAtOnce) this.#sendGone();
  }

  /** Sent in parts, so that no list of all gone people is held in memory. */
  #sendGone(): void {
    if (this.#gone.length > 0) this.#send({ kind: 'gone', ids: this.#gone });
    this.#gone = [];
  }
}
