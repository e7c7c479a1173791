import { createHash } from 'node:crypto';
import { AppError } from '../../core/app-error.ts';
import { isStorable } from '../../core/outside-text.ts';
import { isUuid } from '../../core/uuid.ts';

/** Where a page ended: the last item's order keys, its id last. */
export type Position = readonly (string | number | null)[];

/** What a cursor is bound to: which list, in which order, with which filters. */
export type ListIdentity = readonly unknown[];

/** An opaque text that leads to what comes after `position` in this very list. */
export function encodeCursor(list: ListIdentity, position: Position): string {
  return Buffer.from(JSON.stringify([digest(list), ...position])).toString('base64url');
}

/** What a key of a cursor has to be before it is put into a statement: a client may have written it. */
const isKey = {
  text: (key: unknown) => typeof key === 'string' && isStorable(key),
  uuid: (key: unknown) => typeof key === 'string' && isUuid(key),
  /** A whole number from 0, as a position is. */
  count: (key: unknown) => Number.isSafeInteger(key) && Number(key) >= 0,
  /** As it is written by us, within the years that the database knows by four digits. */
  moment: (key: unknown) => typeof key === 'string' && momentShape.test(key) && isOnCalendar(key),
};

const momentShape = /^(?!0000)\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/;

/** A moment that is none, February 30th, is read as another. */
function isOnCalendar(moment: string): boolean {
  const date = new Date(moment);
  return !Number.isNaN(date.getTime()) && date.toISOString() === moment;
}

export type KeyKind = keyof typeof isKey;

/**
 * Null: from the start. AppError BAD_USER_INPUT when the cursor is garbled or forged, or comes from another list, order or
 * filter; `kinds` are those of the position's keys.
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
    // Decoding passes over what is not base64url.
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
