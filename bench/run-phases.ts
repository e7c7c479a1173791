import type { ApiClient } from '../demo/api-client.ts';
import { FollowLogDocument } from '../schema/operations.generated.ts';
import type { CpuSeconds } from './cpu-seconds.ts';

/**
 * A part of a run, from one moment to another (milliseconds since 1970). TOLD is the time from the run's last line
 * until a viewer hears of the end.
 */
export type Phase = { name: string; from: number; to: number };

/**
 * The log line that begins each phase, in order. The stored time is that of the beginning; viewers hear of it later.
 */
const beginnings = [
  ['RUN_STARTED', 'CONNECTING'],
  ['CONNECTED', 'READING'],
  ['READ_DONE', 'PLANNING'],
  ['APPLYING', 'APPLYING'],
  ['SUMMARY', 'TOLD'],
] as const;

/** The phases of a run that was requested at `asked` and ended at `ended`. */
export async function runPhases(api: ApiClient, runId: string, asked: number, ended: number): Promise<Phase[]> {
  const begun = new Map<string, number>();
  for await (const { runLog } of api.follow(FollowLogDocument, { runId, after: 0 }))
    for (const { code, at } of runLog?.lines ?? []) if (!begun.has(code)) begun.set(code, Date.parse(at));
  const moments = beginnings.flatMap(([code, name]) => {
    const from = begun.get(code);
    return from === undefined ? [] : [{ name, from }];
  });
  return [{ name: 'WAITING', from: asked }, ...moments].map(({ name, from }, i) => ({
    name,
    from,
    to: moments[i]?.from ?? ended,
  }));
}

/** The milliseconds of each phase, e.g. `READING 900, PLANNING 300`. */
export function phaseTimes(phases: readonly Phase[]): string {
  return phases.map(({ name, from, to }) => `${name} ${(to - from).toFixed(0)}`).join(', ');
}

/**
 * The processor seconds of each phase, e.g. `READING main 0.2, reading 1.4, others 0.4, postgres 0.8, slapd 0.7`.
 * Phases that took little are left out.
 */
export function phaseCosts(phases: readonly Phase[], spent: (from: number, to: number) => CpuSeconds): string {
  return phases
    .map(({ name, from, to }) => ({ name, parts: Object.entries(spent(from, to)) }))
    .filter(({ parts }) => parts.some(([, seconds]) => seconds >= LITTLE))
    .map(({ name, parts }) => `${name} ${parts.map(([who, seconds]) => `${who} ${seconds.toFixed(2)}`).join(', ')}`)
    .join('; ');
}

/** Seconds. */
const LITTLE = 0.05;
