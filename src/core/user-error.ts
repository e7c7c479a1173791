/**
 * What a form's mistake can be. One pattern: `INVALID_X` is a malformed X, `X_NOT_ALLOWED` a well-formed one that can't be
 * used there, `X_REQUIRED` one that is missing, and the path says where. The last group is about a state, not a value.
 */
export const userErrorCodes = [
  ...['REQUIRED', 'NAME_REQUIRED', 'SECRET_REQUIRED'],
  ...['TOO_LONG', 'TOO_MANY', 'OUT_OF_RANGE', 'DUPLICATE', 'UNWANTED', 'CONTRADICTION', 'NOT_SUPPORTED'],
  ...['INVALID_ATTRIBUTE', 'INVALID_COUNTRY', 'INVALID_CRON', 'INVALID_DN', 'INVALID_EMAIL', 'INVALID_FILTER'],
  ...['INVALID_GROUP', 'INVALID_LABEL', 'INVALID_LANGUAGE', 'INVALID_PEM', 'INVALID_PHONE', 'INVALID_TEMPLATE'],
  ...['INVALID_TEXT', 'INVALID_TIME_ZONE', 'INVALID_URL', 'INVALID_VALUE'],
  ...['ATTRIBUTE_NOT_ALLOWED', 'TRANSFORM_NOT_ALLOWED', 'VALUE_NOT_ALLOWED'],
  ...['CONNECTION_IS_DRAFT', 'KIND_CANNOT_CHANGE', 'PLAN_OUTDATED', 'RUN_ENDED', 'RUN_NOT_HELD'],
] as const;

export type UserErrorCode = (typeof userErrorCodes)[number];

/** Something the person at the form can mend; `field` is the path into the mutation's arguments. */
export type UserError = { field: string[] | null; code: UserErrorCode; message: string };

/** A mistake in one part of a form: `path` leads on from where the part stands, with indexes as texts. */
export type Fault = { path: readonly string[]; code: UserErrorCode; message: string };

/** A mistake in a single value; who asks knows where it stands. */
export type ValueFault = Omit<Fault, 'path'>;

/** Faults of a part, told by where the part stands in the arguments. */
export function faultsBelow(path: readonly string[], faults: readonly Fault[]): UserError[] {
  return faults.map(({ path: below, code, message }) => ({ field: [...path, ...below], code, message }));
}
