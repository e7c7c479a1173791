import { finished } from 'node:stream/promises';
import { from as copyFrom } from 'pg-copy-streams';
import { mostWaitingBuffers, planPositions } from '../../core/sync-store.ts';
import { fieldColumns } from '../contact/contact-columns.ts';
import { type Attempt, fenced, key } from './attempt.ts';

/** Bytes collected before a COPY. It begins when all of its rows are here, so that no transaction waits for a source. */
const flushBytes = 4 * 1024 * 1024;

const columns = `workspace_id, run_id, position, action, person, person_id, contact_id, contact_name, ${fieldColumns}, hash,
  fills_id, person_ref, email_key, name_key, company_key, manager_ref, words, search, alternatives, remark, code, reason, findings`;

/** How staged rows are copied. The header of the format (without flags or extension) goes before them, the trailer after them. */
export const copyRows = {
  command: `COPY plan_row (${columns}) FROM STDIN (FORMAT binary)`,
  header: Buffer.from('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0', 'latin1'),
  trailer: Buffer.from([0xff, 0xff]),
};

/** Stores staged rows by COPY, about 4 MiB per transaction. */
export function createStaging(attempt: Attempt) {
  let gathered: Uint8Array[] = [];
  let bytes = 0;

  const flush = async (): Promise<Uint8Array[]> => {
    const chunks = gathered;
    gathered = [];
    bytes = 0;
    if (chunks.length === 0) return [];
    await fenced(attempt, async (client) => {
      // A crash may lose them, but then the read starts over anyway.
      await client.query('SET LOCAL synchronous_commit = off');
      const stream = client.query(copyFrom(copyRows.command));
      for (const chunk of [copyRows.header, ...chunks, copyRows.trailer]) stream.write(chunk);
      stream.end();
      await finished(stream);
    });
    return chunks;
  };

  return {
    stage: async (rows: Uint8Array): Promise<Uint8Array[]> => {
      gathered.push(rows);
      bytes += rows.byteLength;
      return bytes < flushBytes && gathered.length < mostWaitingBuffers ? [] : flush();
    },
    end: async (): Promise<void> => {
      await flush();
    },
  };
}

/** Deletes the stored rows of these people that stand before these positions. */
export async function unstage(attempt: Attempt, rows: readonly (readonly [string, number])[]): Promise<void> {
  await fenced(attempt, (client) =>
    client.query(
      `DELETE FROM plan_row AS staged
       USING unnest($3::text[], $4::bigint[]) AS void (person_id, before)
       WHERE staged.workspace_id = $1 AND staged.run_id = $2 AND staged.person_id = void.person_id
         AND staged.position >= $5 AND staged.position < void.before`,
      [...key(attempt), rows.map(([id]) => id), rows.map(([, before]) => before), planPositions.people],
    ),
  );
}
