import { AppError } from '../../core/app-error.ts';
import type { ContactFeedPart, FeedRequest } from '../../core/contact-feed.ts';
import type { ChangeRecord } from '../../core/records.ts';
import { isUuid } from '../../core/uuid.ts';
import type { Transaction } from '../api-transaction.ts';
import { decodeCursor, encodeCursor, type ListIdentity } from '../page/cursor.ts';
import type { WorkspaceScope } from '../workspace-scope.ts';
import { type ChangeRow, history, selectChanges, toChange } from './change-record.ts';

/** How many batches are read in one transaction. */
const mostBatches = 50;

/** The position after all changes of a batch. */
const wholeBatch = Number.MAX_SAFE_INTEGER;

/**
 * A place in the feed: the number of a batch, the position in it up to which everything was sent, and its change set.
 */
type Place = { seq: number; position: number; changeSet: string | null };

type BatchRow = { seq: string; change_set: string; first_position: string; last_position: string };

/** See WorkspaceStore.contactFeed. */
export async function contactFeed(
  scope: WorkspaceScope,
  { after, connectionId, most, longest }: FeedRequest,
): Promise<ContactFeedPart> {
  const list: ListIdentity = ['feed', scope.workspaceId];
  const cursor = decodeCursor(list, after, ['count', 'count', 'text']);
  const toCursor = ({ seq, position, changeSet }: Place): string =>
    encodeCursor(list, [seq, position, changeSet ?? '']);
  return scope.read(async (transaction) => {
    if (cursor === null) return { changes: [], cursor: toCursor(await placeNow(transaction)), isNewest: true };
    const [seq, position, changeSet] = cursor as [number, number, string];
    let place: Place = { seq, position, changeSet: isUuid(changeSet) ? changeSet : null };
    const batches = await batchesFrom(transaction, place);
    const changes: ChangeRecord[] = [];
    let length = 0;
    for (const batch of batches) {
      const rows = await changesOf(transaction, batch, place, connectionId, most - changes.length + 1);
      for (const row of rows) {
        const size = JSON.stringify([row.before, row.after]).length;
        const isFull = changes.length === most || (changes.length > 0 && length + size > longest);
        if (isFull) return { changes, cursor: toCursor(place), isNewest: false };
        changes.push(toChange(row));
        length += size;
        place = { seq: Number(batch.seq), position: Number(row.position), changeSet: batch.change_set };
      }
      place = { seq: Number(batch.seq), position: wholeBatch, changeSet: batch.change_set };
    }
    return { changes, cursor: toCursor(place), isNewest: batches.length < mostBatches };
  });
}

/** The end of the feed. Its last batch may have been dropped with the history of its time. */
async function placeNow({ query, workspaceId }: Transaction): Promise<Place> {
  const [row] = await query<{ seq: string; change_set: string | null }>(
    `SELECT feed.last_seq AS seq, batch.change_set FROM contact_feed AS feed
     LEFT JOIN contact_feed_batch AS batch ON batch.workspace_id = feed.workspace_id AND batch.seq = feed.last_seq
     WHERE feed.workspace_id = $1`,
    [workspaceId],
  );
  return { seq: Number(row?.seq ?? 0), position: wholeBatch, changeSet: row?.change_set ?? null };
}

/**
 * The batch of the place, if it is not known as a whole, and those after it. Numbers have no gaps up to the last one, so a gap means
 * that history after the place has been dropped. A place after the last number, or a batch with another change set, means that the
 * database has lost its latest transactions in a crash.
 */
async function batchesFrom({ query, workspaceId }: Transaction, place: Place): Promise<BatchRow[]> {
  const limit = mostBatches + 1;
  const rows = await query<BatchRow & { last_seq: string }>(
    `SELECT feed.last_seq, batch.seq, batch.change_set, batch.first_position, batch.last_position FROM contact_feed AS feed
     LEFT JOIN LATERAL (
       SELECT seq, change_set, first_position, last_position FROM contact_feed_batch AS batch
       WHERE batch.workspace_id = $1 AND batch.seq >= $2 ORDER BY batch.seq LIMIT $3) AS batch ON true
     WHERE feed.workspace_id = $1 ORDER BY batch.seq`,
    [workspaceId, place.seq, limit],
  );
  const last = Number(rows[0]?.last_seq ?? 0);
  const found = rows.filter(({ seq }) => seq !== null);
  const [own] = found.filter(({ seq }) => Number(seq) === place.seq);
  const isKnown = place.seq === 0 || place.position === wholeBatch;
  if (place.seq > last || (own === undefined ? !isKnown : own.change_set !== place.changeSet)) throw lostPlace();
  const later = own === undefined ? found : found.slice(1);
  const isWhole = later.every(({ seq }, i) => Number(seq) === place.seq + 1 + i);
  if (!isWhole || (found.length < limit && place.seq + later.length !== last)) throw lostPlace();
  return (isKnown ? later : found).slice(0, mostBatches);
}

function lostPlace(): AppError {
  return new AppError('CURSOR_TOO_OLD', 'The history does not reach back to this cursor any more.', {
    hint: 'Read all contacts again (`contacts(orderBy: UPDATED_ASC)`), and follow them without a cursor from then on.',
  });
}

/** SQL: whether a row of the history has changed a contact. */
const isChange = `change.outcome IS NULL AND change.action <> 'SKIP'
  AND (change.action <> 'NONE' OR change.removal_due_at IS DISTINCT FROM (change.state_before).removal_due_at)`;

function changesOf(
  { query, workspaceId }: Transaction,
  batch: BatchRow,
  place: Place,
  connectionId: string | null,
  limit: number,
): Promise<ChangeRow[]> {
  const isIn = Number(batch.seq) === place.seq;
  return query<ChangeRow>(
    `${selectChanges(history)}
     WHERE change.workspace_id = $1 AND change.change_set = $2 AND change.position > $3 AND change.position BETWEEN $4 AND $5
       AND ${isChange} AND ($6::uuid IS NULL OR change.connection_id = $6)
     ORDER BY change.position LIMIT $7`,
    [
      workspaceId,
      batch.change_set,
      isIn ? place.position : -1,
      batch.first_position,
      batch.last_position,
      connectionId,
      limit,
    ],
  );
}
