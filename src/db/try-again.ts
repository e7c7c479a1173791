import { sqlState } from './database-failure.ts';

const mostTries = 5;

/** A deadlock that the database has ended. */
const DEADLOCK = '40P01';
/** A lock that was waited for longer than the transaction wants to. */
const LOCK_TIMEOUT = '55P03';

/** Runs a whole transaction, and again when another one stood in its way; `work` hears which try it is, from 1. */
export async function tryAgain<T>(work: (tries: number) => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await work(tries);
    } catch (error) {
      const state = sqlState(error);
      if (tries === mostTries || (state !== DEADLOCK && state !== LOCK_TIMEOUT)) throw error;
    }
  }
}
