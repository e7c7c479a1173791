import type { LogLine } from '../../core/run.ts';

/** About what a line has beside its texts: names, quotes, numbers. */
const BESIDE_TEXTS = 150;

/** How many lines make a frame of a certain size, as learned from the frames before: documents ask for more or for less of a line. */
export class FrameSize {
  #bytesPerWeight = 1;

  /** How many of the lines fit into so many bytes; one at least. */
  fit(lines: readonly LogLine[], bytes: number): number {
    let left = bytes / this.#bytesPerWeight;
    const tooMany = lines.findIndex((line, at) => {
      left -= weight(line);
      return left < 0 && at > 0;
    });
    return tooMany === -1 ? lines.length : tooMany;
  }

  learn(lines: readonly LogLine[], bytes: number): void {
    if (lines.length === 0) return;
    this.#bytesPerWeight = bytes / lines.reduce((sum, line) => sum + weight(line), 0);
  }
}

const weight = (line: LogLine): number =>
  BESIDE_TEXTS + line.message.length + (line.person?.length ?? 0) + (line.personId?.length ?? 0);
