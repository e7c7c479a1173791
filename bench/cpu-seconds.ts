import { readdirSync, readFileSync } from 'node:fs';

/** Processor seconds of the service's main thread, its reading threads, its other threads, and the servers. */
export type CpuSeconds = Record<'main' | 'reading' | 'others' | 'postgres' | 'slapd', number>;

export type Watched = { service: number; postgres: number; slapd: number };

/** `end` stops watching. Its result says what was spent between two moments (milliseconds since 1970). */
export type CpuWatch = { end(): (from: number, to: number) => CpuSeconds };

/** Short enough to tell the phases of a run apart, at a negligible cost. */
const lookEveryMs = 50;
/** /proc counts in hundredths of a second on all common machines. */
const TICKS_A_SECOND = 100;
/**
 * Indexes into the fields that follow the name in a stat file: the parent, the process's user and system time, and the
 * times of its ended children.
 */
const PARENT = 1;
const OWN = [11, 12] as const;
const CHILDREN = [13, 14] as const;

/**
 * Measures the processor time of processes while they work (on Linux; elsewhere it reports 0). It recognises a reading
 * thread by its name.
 */
export function watchCpu(watched: Watched): CpuWatch {
  const looks: { at: number; spent: CpuSeconds }[] = [];
  const look = (): void => {
    looks.push({ at: Date.now(), spent: process.platform === 'linux' ? cpuSeconds(watched) : nothing });
  };
  const nearest = (at: number): CpuSeconds =>
    looks.reduce((best, one) => (Math.abs(one.at - at) < Math.abs(best.at - at) ? one : best)).spent;
  look();
  const timer = setInterval(look, lookEveryMs);
  return {
    end: () => {
      clearInterval(timer);
      look();
      return (from, to) => difference(nearest(to), nearest(from));
    },
  };
}

const nothing: CpuSeconds = { main: 0, reading: 0, others: 0, postgres: 0, slapd: 0 };

function difference(after: CpuSeconds, before: CpuSeconds): CpuSeconds {
  return {
    main: after.main - before.main,
    reading: after.reading - before.reading,
    others: after.others - before.others,
    postgres: after.postgres - before.postgres,
    slapd: after.slapd - before.slapd,
  };
}

function cpuSeconds({ service, postgres, slapd }: Watched): CpuSeconds {
  const threads = namesIn(`/proc/${service}/task`).map((thread) => ({
    isMain: Number(thread) === service,
    ...statOf(`/proc/${service}/task/${thread}/stat`),
  }));
  const spentBy = (some: typeof threads): number => some.reduce((sum, { fields }) => sum + seconds(fields, OWN), 0);
  const sessions = namesIn('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => statOf(`/proc/${pid}/stat`).fields)
    .filter((fields) => Number(fields[PARENT]) === postgres);
  return {
    main: spentBy(threads.filter(({ isMain }) => isMain)),
    reading: spentBy(threads.filter(({ isMain, name }) => !isMain && name.includes('read'))),
    others: spentBy(threads.filter(({ isMain, name }) => !isMain && !name.includes('read'))),
    // Sessions that have ended count among the children of the server.
    postgres: [statOf(`/proc/${postgres}/stat`).fields, ...sessions].reduce(
      (sum, fields, i) => sum + seconds(fields, i === 0 ? [...OWN, ...CHILDREN] : OWN),
      0,
    ),
    slapd: seconds(statOf(`/proc/${slapd}/stat`).fields, OWN),
  };
}

function seconds(fields: readonly string[], places: readonly number[]): number {
  return places.reduce((sum, place) => sum + Number(fields[place] ?? 0), 0) / TICKS_A_SECOND;
}

function namesIn(folder: string): string[] {
  return orNothing(() => readdirSync(folder), []);
}

/** The name is in parentheses and may contain some. A process that has just ended has no fields. */
function statOf(file: string): { name: string; fields: string[] } {
  const text = orNothing(() => readFileSync(file, 'utf8'), '() ');
  const end = text.lastIndexOf(')');
  return { name: text.slice(text.indexOf('(') + 1, end), fields: text.slice(end + 2).split(' ') };
}

function orNothing<T>(read: () => T, none: T): T {
  try {
    return read();
  } catch {
    return none;
  }
}
