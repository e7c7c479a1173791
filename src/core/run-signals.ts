import type { RunSignal } from './run-store.ts';

/** Hears, in this process, of runs that changed in any process. The tables are the truth; a signal only says "look again". */
export type RunSignals = {
  /**
   * `hear` gets each signal that comes after this call; `missed` is called when some may have been lost (the connection to
   * the database broke and is up again). Returns the function that ends both; calling it twice does no harm.
   */
  subscribe(hear: (signal: RunSignal) => void, missed: () => void): () => void;
};
