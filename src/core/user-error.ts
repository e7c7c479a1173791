/**
 * The mistakes in a form. The names follow a pattern: `INVALID_X` is a malformed X, `X_NOT_ALLOWED` a well-formed X that can't be
 * used there, `X_REQUIRED` a missing X. The path says where. The last group is about a state, not a value.
 */
export const userErrorCodes = [
  ...['REQUIRED', 'NAME_REQUIRED', 'SECRET_REQUIRED'],
  ...['TOO_LONG', 'TOO_MANY', 'OUT_OF_RANGE', 'DUPLICATE', 'UNWANTED', 'CONTRADICTION', 'NOT_SUPPORTED'],
  ...[
    'INVALID_ATTRIBUTE',
    'INVALID_COUNTRY',
    'INVALID_CRON',
    'INVALID_DN',
    'INVALID_DOMAIN',
    'INVALID_EMAIL',
    'INVALID_FILTER',
  ],
  ...['INVALID_GROUP', 'INVALID_LABEL', 'INVALID_LANGUAGE', 'INVALID_PEM', 'INVALID_PHONE', 'INVALID_TEMPLATE'],
  ...['INVALID_TEXT', 'INVALID_TIME_ZONE', 'INVALID_URL', 'INVALID_VALUE'],
  ...['ATTRIBUTE_NOT_ALLOWED', 'TRANSFORM_NOT_ALLOWED', 'VALUE_NOT_ALLOWED'],
  ...[
    'EMAIL_TAKEN',
    'FIELD_FILLED',
    'DIFFERENT_PEOPLE',
    'CONNECTION_IS_DRAFT',
    'KIND_CANNOT_CHANGE',
    'PLAN_OUTDATED',
    'RUN_ENDED',
    'RUN_NOT_HELD',
    'RUN_NOT_ENDED',
    'RUN_IN_PROGRESS',
    'NOTHING_TO_REVERT',
    'ALREADY_REVERTED',
    'HISTORY_GONE',
    'CHANGED_SINCE',
  ],
] as const;

export type UserErrorCode = (typeof userErrorCodes)[number];

/** A mistake that the person at the form can correct. `field` is the path into the mutation's arguments. */
export type UserError = { field: string[] | null; code: UserErrorCode; message: string };

/** A mistake in one part of a form. `path` begins at that part; indexes are texts. */
export type Fault = { path: readonly string[]; code: UserErrorCode; message: string };

/** A mistake in a single value. The caller knows its path. */
export type ValueFault = Omit<Fault, 'path'>;

/** Turns the faults of a part into user errors. `path` is the place of the part in the arguments. */
export function faultsBelow(path: readonly string[], faults: readonly Fault[]): UserError[] {
  return faults.map(({ path: below, code, message }) => ({ field: [...path, ...below], code, message }));
}
