/**
 * Does the work now, and again `everyMs` after each time it ends. An error goes to `onTrouble` and does not stop the repetition.
 * `stop` resolves when work under way is over.
 */
export function repeat(
  work: () => Promise<void>,
  everyMs: number,
  onTrouble: (error: unknown) => void,
): { stop(): Promise<void> } {
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  let working: Promise<void> = Promise.resolve();
  const tick = () => {
    working = work()
      .catch(onTrouble)
      .then(() => {
        if (!stopped) timer = setTimeout(tick, everyMs);
      });
  };
  tick();
  return {
    stop: () => {
      stopped = true;
      clearTimeout(timer);
      return working;
    },
  };
}
