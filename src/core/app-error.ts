/**
 * Trouble that ends a run, a test or a request, told so that a person can act on it. `code` is for programs (the
 * contract's list), `message` says what happened and where, `hint` what to do. No secrets in either.
 */
export class AppError extends Error {
  readonly code: string;
  readonly hint: string | null;
  /** Further facts for a client, e.g. `currentVersion` of a CONFLICT. */
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
