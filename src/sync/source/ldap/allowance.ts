/** What a server may use up in answering one request. Past it the connection is ended, whatever else would come. */
export type Allowance = {
  /** How many times timeoutSeconds the whole answer may take; a pause within it, once. */
  waits: number;
  bytes: number;
  messages: number;
};

const megabyte = 1024 * 1024;

/** By what is asked for. Honest directories stay far below. */
export const allowances = {
  /** StartTLS, a bind, "who am I": one small message, unless a server is talkative in refusing it. */
  reply: { waits: 1, bytes: 4 * megabyte, messages: 10 },
  /** The rootDSE, a base's own entry: one small entry, or words about why not. */
  entry: { waits: 1, bytes: 4 * megabyte, messages: 100 },
  /** A page of people (10,000 at most, but some servers send all at once), a group with its members. Held in memory whole. */
  page: { waits: 4, bytes: 64 * megabyte, messages: 100_000 },
} as const satisfies Record<string, Allowance>;
