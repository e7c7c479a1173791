import type { Scope } from './connection.ts';
import type { OpenOptions } from './source-session.ts';

/** Options and callbacks of a watch of a source. `signal` ends the watch. */
export type WatchOptions = OpenOptions & {
  scope: Scope;
  /** Called once, when the watch begins to report every change. */
  listening(): void;
  /**
   * Called when people of the scope, or its groups, may have changed. Sometimes nothing has. It may be called many
   * thousand times a second, so it must be cheap.
   */
  changed(): void;
};
