import type pg from 'pg';
import { uuidv7 } from 'uuidv7';
import type { ContactValues } from '../../../src/core/contact.ts';
import { noCounts, type RunCounts } from '../../../src/core/run.ts';
import { columnOf } from '../../../src/db/contact/contact-columns.ts';
import { indexed, keysText, wordsText } from '../../../src/search/contact-index.ts';

type Row = Record<string, unknown>;

/** Inserts rows into one table with the owner's rights. Objects become JSON, except dates, buffers and lists of texts. */
export async function insertRows(pool: pg.Pool, table: string, rows: readonly Row[]): Promise<void> {
  for (let start = 0; start < rows.length; start += 1000) {
    const some = rows.slice(start, start + 1000);
    const names = Object.keys(some[0] ?? {});
    const values: unknown[] = [];
    const tuples = some.map((row) => `(${names.map((name) => `$${values.push(sent(row[name]))}`).join(', ')})`);
    await pool.query(
      `INSERT INTO ${table} (${names.map((name) => `"${name}"`).join(', ')}) VALUES ${tuples.join(', ')}`,
      values,
    );
  }
}

function sent(value: unknown): unknown {
  if (value === null || typeof value !== 'object' || value instanceof Date || Buffer.isBuffer(value)) return value;
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value;
  return JSON.stringify(value);
}

export type ContactSeed = ContactValues & { id?: string; status?: string; at?: Date };

/** A row of `contact`, as a sync would write it. */
export function contactRow(workspaceId: string, { id, status, at, ...values }: ContactSeed): Row {
  const { emailKey, nameKey, companyKey, words, search } = indexed(values, workspaceId);
  const fields = Object.entries(values).map(([field, value]) => [columnOf(field as keyof ContactValues), value]);
  return {
    workspace_id: workspaceId,
    id: id ?? uuidv7(),
    status: status ?? 'ACTIVE',
    display_name: '',
    company: null,
    primary_email: null,
    emails: null,
    phones: null,
    portal_access: false,
    ...Object.fromEntries(fields),
    created_at: at ?? new Date(),
    updated_at: at ?? new Date(),
    email_key: emailKey,
    name_key: nameKey,
    company_key: companyKey,
    words: wordsText(words),
    search: keysText(search),
  };
}

/** Inserts contacts and returns their ids, in order. */
export async function insertContacts(
  pool: pg.Pool,
  workspaceId: string,
  seeds: readonly ContactSeed[],
): Promise<string[]> {
  const rows = seeds.map((seed) => contactRow(workspaceId, seed));
  await insertRows(pool, 'contact', rows);
  return rows.map((row) => String(row.id));
}

/** Links a connection's people to contacts. The external id defaults to `person-<contact>`. */
export const insertLinks = (
  pool: pg.Pool,
  workspaceId: string,
  connectionId: string,
  links: readonly { contactId: string; externalId?: string; goneSince?: Date | null }[],
): Promise<void> =>
  insertRows(
    pool,
    'contact_link',
    links.map(({ contactId, externalId, goneSince }) => ({
      workspace_id: workspaceId,
      connection_id: connectionId,
      external_id: externalId ?? `person-${contactId}`,
      contact_id: contactId,
      person: `cn=${contactId}`,
      hash: Buffer.alloc(16, 1),
      linked_at: new Date(),
      last_seen_at: new Date('2026-01-01T00:00:00Z'),
      gone_since: goneSince ?? null,
    })),
  );

export type RunSeed = {
  id?: string;
  connectionId?: string | null;
  status?: string;
  phase?: string;
  queuedAt?: Date;
  appliedPosition?: number;
  counts?: Partial<RunCounts>;
};

const isOpen = ({ connectionId, status = 'SUCCEEDED' }: RunSeed): boolean =>
  connectionId != null && ['QUEUED', 'RUNNING', 'HELD'].includes(status);

export async function insertRun(pool: pg.Pool, workspaceId: string, seed: RunSeed = {}): Promise<string> {
  const id = seed.id ?? uuidv7();
  await insertRows(pool, 'run', [
    {
      workspace_id: workspaceId,
      id,
      connection_id: seed.connectionId ?? null,
      connection_name: 'Head office',
      connection_version: 1,
      settings: {},
      dry_run: false,
      review: false,
      trigger: 'MANUAL',
      started_by: { kind: 'MEMBER', id: 'm1', name: 'Ada' },
      status: seed.status ?? 'SUCCEEDED',
      phase: seed.phase ?? 'FINISHED',
      counts: { ...noCounts, ...seed.counts },
      queued_at: seed.queuedAt ?? new Date(),
      applied_position: seed.appliedPosition ?? 0,
    },
  ]);
  if (isOpen(seed))
    await insertRows(pool, 'open_run', [{ workspace_id: workspaceId, connection_id: seed.connectionId, run_id: id }]);
  return id;
}
