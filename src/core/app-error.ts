/**
 * Trouble that ends a run, a test or a request, described so that a person can act on it. `code` is for programs (the list is in
 * the contract), `message` says what happened and where, `hint` says what to do. None of them contains a secret.
 */
export class AppError extends Error {
  readonly code: string;
  readonly hint: string | null;
  /** More facts for a client, e.g. `currentVersion` of a CONFLICT. */
  readonly details: Record<string, unknown>;

  constructor(
    code: string,
    message: string,
    options: { hint?: string; cause?: unknown; details?: Record<string, unknown> } = {},
  ) {
    super(message, { cause: options.cause });
    this.name = 'AppError';
    this.code = code;
    this.hint = options.hint ?? null;
    this.details = options.details ?? {};
  }
}
