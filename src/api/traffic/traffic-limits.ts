import { AppError } from '../../core/app-error.ts';

/**
 * How much of the service one client may use, per process. The limits suit people: a page sends about ten operations at
 * once, and a person may have dozens of tabs open.
 */
export const trafficLimits = {
  /**
   * Connections of the API's pool. Two more than operations: for sign-in, and for a save that begins while a read ends.
   */
  databaseConnections: 10,
  /** Operations in progress at the same time: of all workspaces, of one workspace, of one access token. */
  operations: 8,
  operationsPerWorkspace: 5,
  operationsPerToken: 4,
  /** How many operations may wait for their turn. */
  waiting: 5000,
  waitingPerWorkspace: 1000,
  waitingPerToken: 500,
  longestWaitSeconds: 10,
  /** After how many seconds a refused client should try again. */
  retryAfterSeconds: 2,
  /** WebSockets of one access token; operations on one WebSocket; server-sent streams and downloads of one token. */
  socketsPerToken: 1000,
  streamsPerSocket: 200,
  streamsPerToken: 1000,
  /** How many files may be uploaded at the same time. */
  uploadsPerWorkspace: 2,
} as const;

export type TrafficLimits = { readonly [Limit in keyof typeof trafficLimits]: number };

/** The error for a client that asks for too much at once. Its extensions carry `retryAfterSeconds`. */
export function rateLimited(retryAfterSeconds: number, message = 'Too many requests at once.'): AppError {
  return new AppError('RATE_LIMITED', message, {
    hint: 'Wait for answers to your requests before you send more.',
    details: { retryAfterSeconds },
  });
}
