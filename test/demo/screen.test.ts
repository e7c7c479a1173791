import { describe, expect, test } from '@jest/globals';
import { createScreen, progressBar } from '../../demo/screen.ts';
import type { RunStateFragment } from '../../schema/operations.generated.ts';

function run(changes: Partial<RunStateFragment>): RunStateFragment {
  return {
    mode: null,
    id: '1',
    status: 'RUNNING',
    phase: 'APPLYING',
    progress: 0.5,
    holdReasons: [],
    startedAt: '2026-01-01T00:00:00.000Z',
    finishedAt: '2026-01-01T00:00:02.000Z',
    counts: {
      read: 1200,
      inScope: 1180,
      created: 500,
      updated: 0,
      unchanged: 80,
      linked: 0,
      deactivated: 3,
      reactivated: 0,
      deleted: 0,
      skipped: 10,
      failed: 0,
    },
    error: null,
    ...changes,
  };
}

/** Collects the written text, like a terminal or a pipe. */
function output(isTTY: boolean) {
  let written = '';
  return { isTTY, columns: 200, write: (text: string) => (written += text), text: () => written };
}

describe('the progress bar', () => {
  test('shows the progress, the phase, counts and rate', () => {
    expect(progressBar(run({}))).toBe(
      `[${'█'.repeat(14)}${'░'.repeat(14)}]  50 %  APPLYING   1,200 read · 590 of 1,180 done · 600/s`,
    );
  });

  test('is empty while the total is unknown', () => {
    expect(progressBar(run({ progress: null, phase: 'READING' }))).toMatch(/^\[░{28}\] {8}READING/);
  });
});

describe('the screen', () => {
  test('without a terminal writes plain lines, and one for each phase, the last one at the end', () => {
    const out = output(false);
    const screen = createScreen(out);
    screen.progress(run({ phase: 'READING' }));
    screen.progress(run({ phase: 'READING', progress: 0.6 }));
    screen.line('a line');
    screen.progress(run({ phase: 'APPLYING' }));
    screen.progress(run({ phase: 'FINISHED' }));
    screen.line('a line');
    screen.endProgress();
    const lines = out.text().split('\n');
    expect(lines.map((line) => /READING|APPLYING|FINISHED|a line|^$/.exec(line)?.[0])).toEqual([
      'READING',
      'a line',
      'APPLYING',
      'a line',
      'FINISHED',
      '',
    ]);
    expect(out.text()).not.toContain('\x1b');
  });

  test('on a terminal keeps the bar below the lines', () => {
    const out = output(true);
    const screen = createScreen(out);
    screen.progress(run({}));
    screen.line('a line');
    expect(out.text()).toBe(`${progressBar(run({}))}\r\x1b[2Ka line\n${progressBar(run({}))}`);
  });
});
