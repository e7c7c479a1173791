import { setImmediate } from 'node:timers/promises';
import type { Response } from 'express';
import { PIECE, write } from './write.ts';

/** An item of a list as text, and the place in the list after it. */
export type ListItem<Place> = { text: () => string; place: Place };
/** A part of a list, and the place after it. `items` is emptied while it is sent. */
export type ListPart<Place> = { items: ListItem<Place>[]; end: Place; hasMore: boolean };

/** The first part is small, because nobody knows yet how long the items are. */
const firstSize = 20;
/** Parts are read as large as this, in characters. */
const fullSize = 2 * PIECE;

/**
 * Sends a list of any length as text. `read` gets the place to go on after, and the most items that it is to return. Little is in memory
 * at a time, also if the items are long and the client reads slowly or not at all: what was read ahead is dropped while the
 * client does not take it, and read again later.
 */
export async function sendList<Place>(
  response: Response,
  begin: Place,
  mostItems: number,
  read: (after: Place, most: number) => Promise<ListPart<Place>>,
): Promise<void> {
  let most = Math.min(firstSize, mostItems);
  for (let after = begin, hasMore = true; hasMore && response.writable; ) {
    const part = await read(after, most);
    const waiting = part.items.reverse();
    let length = 0;
    let count = 0;
    [after, hasMore] = [part.end, part.hasMore];
    while (waiting.length > 0 && response.writable) {
      const piece = nextPiece(waiting);
      count += piece.count;
      length += piece.text.length;
      const sent = write(response, piece.text);
      if (await isSentAtOnce(sent)) continue;
      if (waiting.length > 0) [after, hasMore] = [piece.place ?? after, true];
      waiting.length = 0;
      await sent;
    }
    if (count > 0) most = Math.max(1, Math.min(mostItems, 4 * most, Math.floor((fullSize * count) / length)));
  }
}

/** Takes items from the end of `waiting`, until they are enough for a piece. */
function nextPiece<Place>(waiting: ListItem<Place>[]): { text: string; place: Place | undefined; count: number } {
  let text = '';
  let count = 0;
  let place: Place | undefined;
  for (let item = waiting.pop(); item !== undefined; item = text.length < PIECE ? waiting.pop() : undefined) {
    text += item.text();
    place = item.place;
    count++;
  }
  return { text, place, count };
}

/** Whether the system has taken all in this turn of the event loop. If not, the client is slower than we are. */
function isSentAtOnce(sent: Promise<void>): Promise<boolean> {
  return Promise.race([sent.then(() => true), setImmediate(false)]);
}
