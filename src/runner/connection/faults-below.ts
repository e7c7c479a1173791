import type { Fault, UserError } from '../../core/user-error.ts';

/** Faults of a part of a connection, told by where the part stands in the arguments. */
export const faultsBelow = (path: readonly string[], faults: readonly Fault[]): UserError[] =>
  faults.map(({ path: below, code, message }) => ({ field: [...path, ...below], code, message }));
