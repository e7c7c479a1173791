import type { RemovalPolicy } from '../../core/connection.ts';
import type { Fault } from '../../core/user-error.ts';

const longestGraceDays = 3650;
/** As large as a GraphQL Int and an integer column. */
const largestCount = 2 ** 31 - 1;

/** Numbers that make no sense in a removal policy; code OUT_OF_RANGE. */
export function checkRemoval({ graceDays, maxPercent, maxCount, maxEmptiedPercent }: RemovalPolicy): Fault[] {
  return [
    ...outOfRange('graceDays', graceDays, longestGraceDays),
    ...outOfRange('maxPercent', maxPercent, 100),
    ...outOfRange('maxCount', maxCount, largestCount),
    ...outOfRange('maxEmptiedPercent', maxEmptiedPercent, 100),
  ];
}

const outOfRange = (name: string, value: number | null, most: number): Fault[] =>
  value === null || (Number.isInteger(value) && value >= 0 && value <= most)
    ? []
    : [{ path: [name], code: 'OUT_OF_RANGE', message: `${name} is a whole number from 0 to ${most}.` }];
