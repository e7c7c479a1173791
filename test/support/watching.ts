import type { Scope } from '../../src/core/connection.ts';
import type { LdapSettings } from '../../src/sync/source/ldap/ldap-settings.ts';
import { watchDirectory } from '../../src/sync/source/ldap/watch/watch-directory.ts';
import type { WatchTimes } from '../../src/sync/source/ldap/watch/watching.ts';
import { ldapSettings, openOptions, scopeOf } from './ldap-reading.ts';

export type WatchOptions = {
  settings?: Partial<LdapSettings>;
  password?: string;
  scope?: Partial<Scope>;
  times?: Partial<WatchTimes>;
};

/** A watch of a directory, as a test sees it. */
export type TestWatch = {
  /** Resolves when the watch listens. Rejects if it breaks first. */
  listening: Promise<void>;
  /** How many changes the watch has reported. */
  readonly told: number;
  /** Resolves at the next change. */
  change(): Promise<void>;
  /** The error with which the watch ended. */
  ended: Promise<unknown>;
  stop(): Promise<unknown>;
};

function hearing() {
  const next = Promise.withResolvers<void>();
  // Some tests do not wait for it; its rejection is no fault then.
  next.promise.catch(() => {});
  return next;
}

/** Watches a server on loopback. */
export function startWatch(server: { url: string; bindDn?: string }, options: WatchOptions = {}): TestWatch {
  const stopping = new AbortController();
  const listening = Promise.withResolvers<void>();
  let told = 0;
  let next = hearing();
  const watch = watchDirectory(
    ldapSettings(server, options.settings),
    { bindPassword: options.password ?? null },
    {
      ...openOptions(stopping.signal),
      scope: scopeOf(options.scope),
      listening: listening.resolve,
      changed: () => {
        told++;
        next.resolve();
        next = hearing();
      },
    },
    options.times,
  );
  const ended = watch.catch((error: unknown) => {
    listening.reject(error);
    next.reject(error);
    return error;
  });
  listening.promise.catch(() => {});
  return {
    listening: listening.promise,
    get told() {
      return told;
    },
    change: () => next.promise,
    ended,
    stop: () => {
      stopping.abort(new Error('stopped'));
      return ended;
    },
  };
}
