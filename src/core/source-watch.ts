import type { Scope } from './connection.ts';
import type { OpenOptions } from './source-session.ts';

/** What a watch of a source gets, and whom it tells. `signal` ends it. */
export type WatchOptions = OpenOptions & {
  scope: Scope;
  /** Called once: from now on every change is told. */
  listening(): void;
  /**
   * Called when people of the scope, or its groups, may have changed, and at times without need. It may be called many thousand times
   * a second, so it must be cheap.
   */
  changed(): void;
};
