/** The part of the operator's log (pino) that the service writes to. An `err` in the details is shown in full. */
export type ProcessLog = {
  /** Someone must act. */
  error(details: object, message: string): void;
  /** Something went wrong that repairs itself, or that the run log reports. */
  warn(details: object, message: string): void;
};
