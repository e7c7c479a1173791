import type { RunStateFragment } from '../schema/operations.generated.ts';

/** The demo's output: lines, and below them a progress bar of the run (only on a terminal). */
export type Screen = {
  line(text: string): void;
  progress(run: RunStateFragment): void;
  /** Leaves the last state of the bar on the screen, below all lines. */
  endProgress(): void;
};

type Output = { isTTY?: boolean; columns?: number; write(text: string): unknown };

const barWidth = 28;

/**
 * On a terminal it draws a progress bar. Elsewhere it prints plain lines, with one line for each phase; the line of the
 * end is printed last.
 */
export function createScreen(output: Output = process.stdout): Screen {
  const live = output.isTTY === true;
  let bar = '';
  let phase = '';
  let end = '';
  const clear = (): void => {
    if (bar !== '') output.write('\r\x1b[2K');
  };
  return {
    line: (text) => {
      clear();
      output.write(`${text}\n${bar}`);
    },
    progress: (run) => {
      if (live) {
        clear();
        bar = progressBar(run).slice(0, (output.columns ?? 120) - 1);
        output.write(bar);
      } else if (run.phase === 'FINISHED') {
        end = `${progressBar(run)}\n`;
      } else if (run.phase !== phase) {
        phase = run.phase;
        output.write(`${progressBar(run)}\n`);
      }
    },
    endProgress: () => {
      if (bar !== '') output.write('\n');
      output.write(end);
      bar = end = '';
    },
  };
}

/** e.g. `[██████░░░░]  60 %  APPLYING  1,200 read · 700 of 1,196 done · 4,100/s`. */
export function progressBar(run: RunStateFragment, now = Date.now()): string {
  const { counts, phase, progress } = run;
  const filled = Math.round((progress ?? 0) * barWidth);
  const bar = `[${'█'.repeat(filled)}${'░'.repeat(barWidth - filled)}]`;
  const percent = progress === null ? '     ' : `${String(Math.floor(progress * 100)).padStart(3)} %`;
  const done = settled(counts);
  const seconds =
    run.startedAt === null
      ? 0
      : ((run.finishedAt ? Date.parse(run.finishedAt) : now) - Date.parse(run.startedAt)) / 1000;
  const rate = seconds > 0 ? ` · ${number(Math.round(Math.max(counts.read, done) / seconds))}/s` : '';
  return `${bar} ${percent}  ${phase.padEnd(10)} ${number(counts.read)} read · ${number(done)} of ${number(counts.inScope)} done${rate}`;
}

/** People in scope who are done, with any outcome. */
function settled(counts: RunStateFragment['counts']): number {
  return (
    counts.created +
    counts.updated +
    counts.linked +
    counts.reactivated +
    counts.unchanged +
    counts.skipped +
    counts.failed
  );
}

export function number(value: number): string {
  return value.toLocaleString('en-US');
}
