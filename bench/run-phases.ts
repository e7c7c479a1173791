import type { ApiClient } from '../demo/api-client.ts';
import { FollowLogDocument } from '../schema/operations.generated.ts';
import type { CpuSeconds } from './cpu-seconds.ts';

/** A stretch of a run, from one moment to another, in milliseconds since 1970. TOLD: from its last line until a viewer hears. */
export type Phase = { name: string; from: number; to: number };

/** Which line of a log begins which phase, in order. A phase is told of to viewers later, but stored when it begins. */
const beginnings = [
  ['RUN_STARTED', 'CONNECTING'],
  ['CONNECTED', 'READING'],
  ['READ_DONE', 'PLANNING'],
  ['APPLYING', 'APPLYING'],
  ['SUMMARY', 'TOLD'],
] as const;

/** The phases of a run that was asked for and ended at these moments. */
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

/** Milliseconds, e.g. `READING 900, PLANNING 300`. */
export function phaseTimes(phases: readonly Phase[]): string {
  return phases.map(({ name, from, to }) => `${name} ${(to - from).toFixed(0)}`).join(', ');
}

/** Processor seconds, e.g. `READING main 0.2, reading 1.4, others 0.4, postgres 0.8, slapd 0.7`; phases in which little was spent are left out. */
export function phaseCosts(phases: readonly Phase[], spent: (from: number, to: number) => CpuSeconds): string {
  return phases
    .map(({ name, from, to }) => ({ name, parts: Object.entries(spent(from, to)) }))
    .filter(({ parts }) => parts.some(([, seconds]) => seconds >= LITTLE))
    .map(({ name, parts }) => `${name} ${parts.map(([who, seconds]) => `${who} ${seconds.toFixed(2)}`).join(', ')}`)
    .join('; ');
}

/** Seconds. */
const LITTLE = 0.05;
