import { AppError } from '../core/app-error.ts';

/** Tests of connections at a time. */
const ofOneWorkspace = 2;
const ofAll = 16;

/** When to ask again. Most tests take less. */
const retryAfterSeconds = 5;

/** Lets so many tests run at a time in this process, of one workspace and of all. */
export function testSlots() {
  const underWay = new Map<string, number>();
  const total = (): number => [...underWay.values()].reduce((sum, one) => sum + one, 0);
  return {
    /** Does the work, or throws AppError RATE_LIMITED. */
    async run<T>(workspaceId: string, work: () => Promise<T>): Promise<T> {
      const own = underWay.get(workspaceId) ?? 0;
      if (own >= ofOneWorkspace) throw busy(`A workspace tests ${ofOneWorkspace} connections at a time.`);
      if (total() >= ofAll) throw busy('Too many connections are being tested.');
      underWay.set(workspaceId, own + 1);
      try {
        return await work();
      } finally {
        const left = (underWay.get(workspaceId) ?? 1) - 1;
        if (left > 0) underWay.set(workspaceId, left);
        else underWay.delete(workspaceId);
      }
    },
  };
}

const busy = (message: string): AppError =>
  new AppError('RATE_LIMITED', message, {
    hint: `Try again in ${retryAfterSeconds} s, or end a test that is under way.`,
    details: { retryAfterSeconds },
  });
