import { AppError } from '../../core/app-error.ts';

/**
 * How much of the service one client may have, per process. Sensible for people: a page asks some ten things at once, and
 * somebody may have dozens of tabs open.
 */
export const trafficLimits = {
  /** Connections of the API's pool. Two more than operations: for signing in, and for a save that begins as a look ends. */
  databaseConnections: 10,
  /** Operations that are worked on at the same time: of all workspaces, of one, with one access token. */
  operations: 8,
  operationsPerWorkspace: 5,
  operationsPerToken: 4,
  /** Operations that wait for their turn. */
  waiting: 5000,
  waitingPerWorkspace: 1000,
  waitingPerToken: 500,
  longestWaitSeconds: 10,
  /** What whoever is refused is told. */
  retryAfterSeconds: 2,
  /** WebSockets with one access token, operations of one of them, and server-sent streams and downloads with one token. */
  socketsPerToken: 1000,
  streamsPerSocket: 200,
  streamsPerToken: 1000,
  /** Files that are uploaded at the same time. */
  uploadsPerWorkspace: 2,
} as const;

export type TrafficLimits = { readonly [Limit in keyof typeof trafficLimits]: number };

/** Too much at once by one client; `retryAfterSeconds` is among the error's extensions. */
export function rateLimited(retryAfterSeconds: number, message = 'Too much is asked for at once.'): AppError {
  return new AppError('RATE_LIMITED', message, {
    hint: 'Wait for some of your requests to be answered before you send more.',
    details: { retryAfterSeconds },
  });
}
