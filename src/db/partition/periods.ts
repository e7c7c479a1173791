/** How much time a partition holds. */
export type Unit = 'day' | 'week' | 'month' | 'quarter';

/** `from` is included, `to` is not. UTC, in milliseconds. */
export type Period = { from: number; to: number };

const dayMs = 24 * 60 * 60 * 1000;

/**
 * The length of partitions for rows that are kept this many days. It is short, so that little is kept longer, but not
 * so short that there are more than about forty partitions.
 */
export function unitFor(days: number): Unit {
  if (days <= 14) return 'day';
  if (days <= 200) return 'week';
  return days <= 1000 ? 'month' : 'quarter';
}

/** The period that contains the moment. Weeks begin on Monday. */
export function periodAt(unit: Unit, at: number): Period {
  const date = new Date(at);
  const [year, month, day] = [date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate()];
  if (unit === 'day') return { from: Date.UTC(year, month, day), to: Date.UTC(year, month, day + 1) };
  if (unit === 'week') {
    const monday = day - ((date.getUTCDay() + 6) % 7);
    return { from: Date.UTC(year, month, monday), to: Date.UTC(year, month, monday + 7) };
  }
  if (unit === 'month') return { from: Date.UTC(year, month), to: Date.UTC(year, month + 1) };
  const first = month - (month % 3);
  return { from: Date.UTC(year, first), to: Date.UTC(year, first + 3) };
}

/** Partitions are made this long ahead, so that none is missing when no process has made any for a while. */
const aheadMs = 14 * dayMs;

/** The current period, the next one, and all others that begin soon. */
export function periodsAhead(unit: Unit, now: number): Period[] {
  const periods = [periodAt(unit, now)];
  for (let last = periods[0]; last !== undefined; last = periods.at(-1)) {
    if (periods.length > 1 && last.to > now + aheadMs) break;
    periods.push(periodAt(unit, last.to));
  }
  return periods;
}

/** The parts of a period that no partition covers. Partitions of another unit may reach across its ends. */
export function gapsIn(period: Period, taken: readonly Period[]): Period[] {
  const inside = taken.filter(({ from, to }) => from < period.to && to > period.from).sort((a, b) => a.from - b.from);
  const gaps: Period[] = [];
  let at = period.from;
  for (const { from, to } of inside) {
    if (from > at) gaps.push({ from: at, to: from });
    at = Math.max(at, to);
  }
  if (at < period.to) gaps.push({ from: at, to: period.to });
  return gaps;
}

/** The lowest UUID of version 7 that can be made at this moment. */
export function lowestIdAt(at: number): string {
  const hex = at.toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-0000-0000-000000000000`;
}

/** When a UUID of version 7 was made. */
export function momentOfId(id: string): number {
  return Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);
}
