/** The operator's log, as far as parts of the service write to it; pino is one. An `err` among the details is shown whole. */
export type ProcessLog = {
  /** Someone must act. */
  error(details: object, message: string): void;
  /** Something went wrong that mends itself, or that the run log tells. */
  warn(details: object, message: string): void;
};
