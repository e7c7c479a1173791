import { describe, expect, test } from '@jest/globals';
import { isEnded, noCounts, RunPhase, RunStatus } from '../../src/core/run.ts';
import {
  endOfApplying,
  isPlanComplete,
  type RunEvent,
  type RunState,
  runEvents,
  runStates,
  stepsOf,
} from '../../src/core/run-state.ts';

const states = Object.keys(runStates) as RunState[];

/** Each event in each state that has not ended. A dot: the event can't happen there. */
const table = `
                 queued      interrupted  connecting  reading     planning    applying     held
  TAKEN_TO_READ  connecting  connecting   connecting  connecting  connecting  connecting   .
  TAKEN_TO_APPLY applying    applying     .           .           .           applying     .
  CONNECTED      .           .            reading     .           .           .            .
  READ           .           .            .           planning    .           .            .
  CHECKED        .           .            .           .           applying    .            .
  HELD           .           .            .           .           held        .            .
  APPROVED       .           .            .           .           .           .            queued
  REJECTED       .           .            .           .           .           .            rejected
  GAVE_WAY       .           .            queued      queued      queued      interrupted  .
  SUCCEEDED      .           .            .           .           succeeded   succeeded    .
  PARTLY_FAILED  .           .            .           .           .           partial      .
  FAILED         failed      failed       failed      failed      failed      failed       .
  CANCELLED      cancelled   cancelled    cancelled   cancelled   cancelled   cancelled    cancelled`;

const [header = [], ...rows] = table
  .trim()
  .split('\n')
  .map((row) => row.trim().split(/\s+/));

const cases = rows.flatMap(([event, ...cells]) =>
  cells.map((to, at) => ({ event: event as RunEvent, from: header[at] as RunState, to: to === '.' ? undefined : to })),
);

function next(event: RunEvent, from: RunState) {
  return new Map(stepsOf(event)).get(from);
}

describe('a run', () => {
  test.each(cases)('$event, when it is $from: $to', ({ event, from, to }) => {
    expect(next(event, from)).toBe(to);
  });

  test('that has ended stays as it is after any event', () => {
    const ended = states.filter((state) => isEnded(runStates[state].status));
    expect(ended).toHaveLength(5);
    for (const state of ended) for (const event of runEvents) expect(next(event, state)).toBeUndefined();
  });

  test('meets all events at all states in the table above', () => {
    const open = states.filter((state) => !isEnded(runStates[state].status));
    expect(header).toEqual(open);
    expect(rows.map(([event]) => event)).toEqual(runEvents);
    for (const row of rows) expect(row).toHaveLength(open.length + 1);
  });

  test('has a state for each status and phase, and can reach all of them', () => {
    const pairs = states.map((state) => `${runStates[state].status} ${runStates[state].phase}`);
    expect(new Set(pairs).size).toBe(states.length);
    expect(new Set(states.map((state) => runStates[state].status))).toEqual(new Set(Object.values(RunStatus)));
    expect(new Set(states.map((state) => runStates[state].phase))).toEqual(new Set(Object.values(RunPhase)));
  });

  test('is over in the phase FINISHED, and in no other', () => {
    for (const state of states) expect(runStates[state].phase === 'FINISHED').toBe(isEnded(runStates[state].status));
  });

  test('that has applied its plan is PARTIAL when somebody failed', () => {
    expect(endOfApplying({ ...noCounts, created: 5 })).toBe('SUCCEEDED');
    expect(endOfApplying({ ...noCounts, created: 5, failed: 1 })).toBe('PARTLY_FAILED');
  });

  test('has a complete plan while the plan waits, is applied, or was reviewed', () => {
    const complete = states.filter((state) => isPlanComplete({ ...runStates[state], decidedAt: null }));
    expect(complete).toEqual(['interrupted', 'applying', 'held']);
    expect(isPlanComplete({ ...runStates.queued, decidedAt: new Date() })).toBe(true);
  });
});
