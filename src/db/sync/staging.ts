import { finished } from 'node:stream/promises';
import { from as copyFrom } from 'pg-copy-streams';
import type { StagedRows } from '../../core/sync-store.ts';
import { type Attempt, fenced } from './attempt.ts';

/** Bytes gathered before they are sent: a COPY begins only when all of its rows are here, so no transaction waits for a source. */
const flushBytes = 1024 * 1024;

const columns =
  'workspace_id, run_id, position, action, person, person_id, contact_id, contact_name, after, hash, fills_id, email_key, ' +
  'name_key, company_key, words, search, alternatives, remark, code, reason';

/** Stores staged rows by COPY, about 1 MiB a transaction. */
export const createStaging = (attempt: Attempt) => {
  let gathered: Uint8Array[] = [];
  let bytes = 0;

  const flush = async (): Promise<void> => {
    const chunks = gathered;
    gathered = [];
    bytes = 0;
    if (chunks.length === 0) return;
    await fenced(attempt, async (client) => {
      // A crash loses them, but then the read starts over anyway.
      await client.query('SET LOCAL synchronous_commit = off');
      const stream = client.query(copyFrom(`COPY contact_change (${columns}) FROM STDIN`));
      for (const chunk of chunks) stream.write(chunk);
      stream.end();
      await finished(stream);
    });
  };

  return {
    stage: async (rows: StagedRows): Promise<void> => {
      gathered.push(rows.bytes);
      bytes += rows.bytes.byteLength;
      if (bytes >= flushBytes) await flush();
    },
    end: flush,
  };
};
