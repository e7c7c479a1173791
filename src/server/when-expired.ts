/** Longest that a timer can be set for. */
const LONGEST_MS = 2 ** 31 - 1;

/** Calls back at that moment, or at once when it is past. Returns the function that takes it back. */
export function whenExpired(expiresAt: Date, call: () => void): () => void {
  let timer: NodeJS.Timeout;
  const wait = () => {
    const left = expiresAt.getTime() - Date.now();
    timer = setTimeout(left > LONGEST_MS ? wait : call, Math.min(Math.max(left, 0), LONGEST_MS));
    timer.unref();
  };
  wait();
  return () => clearTimeout(timer);
}
