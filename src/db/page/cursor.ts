import { createHash } from 'node:crypto';
import { AppError } from '../../core/app-error.ts';

/** Where a page ended: the last item's order keys, its id last. */
export type Position = readonly (string | number | null)[];

/** What a cursor is bound to: which list, in which order, with which filters. */
export type ListIdentity = readonly unknown[];

/** An opaque text that leads to what comes after `position` in this very list. */
export const encodeCursor = (list: ListIdentity, position: Position): string =>
  Buffer.from(JSON.stringify([digest(list), ...position])).toString('base64url');

/** Null: from the start. AppError BAD_USER_INPUT when the cursor is garbled or comes from another list, order or filter. */
export function decodeCursor(list: ListIdentity, cursor: string | null, length: number): Position | null {
  if (cursor === null) return null;
  const [bound, ...position] = parse(cursor);
  const whole =
    bound === digest(list) &&
    position.length === length &&
    position.every((key) => key === null || typeof key === 'string' || typeof key === 'number');
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

const digest = (list: ListIdentity): string =>
  createHash('sha256').update(JSON.stringify(list)).digest('base64url').slice(0, 16);
