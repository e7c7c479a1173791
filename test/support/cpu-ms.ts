/**
 * CPU time of a piece of work in milliseconds. It is the lowest of a few tries, so that a busy machine doesn't count.
 */
export function cpuMs(work: () => unknown): number {
  let best = Number.POSITIVE_INFINITY;
  for (let go = 0; go < 5; go++) {
    const before = process.cpuUsage();
    work();
    const { user, system } = process.cpuUsage(before);
    best = Math.min(best, (user + system) / 1000);
    if (best < 5) break;
  }
  return best;
}
