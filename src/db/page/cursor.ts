import { createHash } from 'node:crypto';
import { AppError } from '../../core/app-error.ts';
import { isStorable } from '../../core/outside-text.ts';
import { isUuid } from '../../core/uuid.ts';

/** Where a page ended: the last item's sort keys, with its id last. */
export type Position = readonly (string | number | null)[];

/** The list for which a cursor is valid, with its order and its filters. */
export type ListIdentity = readonly unknown[];

/** An opaque text for the items after `position` in this list. */
export function encodeCursor(list: ListIdentity, position: Position): string {
  return Buffer.from(JSON.stringify([digest(list), ...position])).toString('base64url');
}

/** Checks a cursor's keys before they go into a statement: a client may have forged the cursor. */
const isKey = {
  text: (key: unknown) => typeof key === 'string' && isStorable(key),
  uuid: (key: unknown) => typeof key === 'string' && isUuid(key),
  /** An integer from 0, e.g. a position. */
  count: (key: unknown) => Number.isSafeInteger(key) && Number(key) >= 0,
  /** A moment in the format that we write, with a year from 0001 to 9999. */
  moment: (key: unknown) => typeof key === 'string' && momentShape.test(key) && isOnCalendar(key),
};

const momentShape = /^(?!0000)\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/;

/** Rejects dates that do not exist: `Date` reads February 30th as another day. */
function isOnCalendar(moment: string): boolean {
  const date = new Date(moment);
  return !Number.isNaN(date.getTime()) && date.toISOString() === moment;
}

export type KeyKind = keyof typeof isKey;

/**
 * Null: start at the beginning. AppError BAD_USER_INPUT when the cursor is malformed or forged, or comes from another list,
 * order or filter. `kinds`: the kinds of the position's keys.
 */
export function decodeCursor(list: ListIdentity, cursor: string | null, kinds: readonly KeyKind[]): Position | null {
  if (cursor === null) return null;
  const [bound, ...position] = parse(cursor);
  const whole =
    bound === digest(list) &&
    position.length === kinds.length &&
    kinds.every((kind, index) => isKey[kind](position[index]));
  if (!whole)
    throw new AppError('BAD_USER_INPUT', '`after` is no cursor of this list with this order and these filters.');
  return position as Position;
}

function parse(cursor: string): unknown[] {
  try {
    const bytes = Buffer.from(cursor, 'base64url');
    // Decoding ignores characters that are not base64url.
    if (bytes.toString('base64url') !== cursor) return [];
    const parsed: unknown = JSON.parse(bytes.toString());
    return Array.isArray(parsed) ? parsed : [];
  } catch {
    return [];
  }
}

function digest(list: ListIdentity): string {
  return createHash('sha256').update(JSON.stringify(list)).digest('base64url').slice(0, 16);
}
