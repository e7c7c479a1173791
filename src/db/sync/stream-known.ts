import { to as copyTo } from 'pg-copy-streams';
import { DatabaseLost } from '../../core/database-lost.ts';
import type { Attempt } from './attempt.ts';

/** UUIDs only reach the statement below, which takes no parameters. */
const uuid = (text: string): string => {
  if (!/^[0-9a-f-]{36}$/i.test(text)) throw new Error('Not a UUID.');
  return `'${text}'`;
};

/** Streams (external id, hash, gone) of everybody the connection links, as COPY text. */
export const streamKnown = (attempt: Attempt, onChunk: (bytes: Uint8Array) => void): Promise<void> => {
  let told = false;
  return attempt.patience.patiently(() => {
    // In no order, so that nobody knows who is still to be told of.
    if (told) throw new DatabaseLost('The people known so far could not be read to the end.', { startOver: true });
    return streamOnce(attempt, (bytes) => {
      told = true;
      onChunk(bytes);
    });
  });
};

const streamOnce = async (attempt: Attempt, onChunk: (bytes: Uint8Array) => void): Promise<void> => {
  const client = await attempt.pool.connect();
  let broken = true;
  try {
    const stream = client.query(
      copyTo(
        `COPY (SELECT external_id, encode(hash, 'hex'), gone_since IS NOT NULL FROM contact_link
           WHERE workspace_id = ${uuid(attempt.workspaceId)} AND connection_id = ${uuid(attempt.connectionId)}) TO STDOUT`,
      ),
    );
    for await (const chunk of stream) onChunk(chunk as Buffer);
    broken = false;
  } finally {
    client.release(broken);
  }
};
