import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { AppError } from '../../core/app-error.ts';
import { inTurn } from '../../core/fair-turns.ts';
import type { Rank } from '../../core/plan.ts';
import type { Trial, TrialRequest, TrialStore } from '../../core/trial.ts';
import { sqlState } from '../database-failure.ts';
import { breakOff, hearErrors } from '../pool/pg-client.ts';
import type { Query } from '../query.ts';
import type { Attempt } from './attempt.ts';
import { trialFills } from './fills.ts';
import { streamKnown } from './known-before.ts';
import { readOutline, rowsOf } from './plan-outline.ts';
import { planning } from './planning.ts';
import { examples, fieldImpacts, keepMapped, linked, plannedFor } from './trial-answers.ts';
import { limitTo, ties, trialPeople } from './trial-circle.ts';

/** How many trials may be open at a time. Each has its own session. */
const mostOpen = 4;

const connectTimeoutMs = 10_000;

/**
 * The tables of trials. A trial has a session with temporary tables. For the same statements they hide the tables of
 * runs. They vanish with the session, even after a crash, and their rows block nobody.
 */
export function openTrials(url: string): TrialStore {
  const inOrder = inTurn(mostOpen);
  const open = new Set<pg.Pool>();
  return {
    use: async (request, work, signal) => {
      signal.throwIfAborted();
      const waiting = whileWaiting(signal);
      const turn = inOrder(async () => {
        waiting.end();
        signal.throwIfAborted();
        const session = openSession(url);
        open.add(session.pool);
        signal.addEventListener('abort', session.end, { once: true });
        try {
          return await work(await openTrial(session.pool, request));
        } catch (error) {
          signal.throwIfAborted();
          throw error;
        } finally {
          signal.removeEventListener('abort', session.end);
          open.delete(session.pool);
          session.end();
        }
      });
      return await Promise.race([turn, waiting.left]);
    },
    close: async () => {
      await Promise.all([...open].map((pool) => pool.end()));
    },
  };
}

/** `left` rejects when the signal aborts before `end` was called: a client that waits for its turn can leave at once. */
function whileWaiting(signal: AbortSignal): { left: Promise<never>; end: () => void } {
  const { promise: left, reject } = Promise.withResolvers<never>();
  left.catch(() => {});
  const leave = (): void => reject(signal.reason);
  signal.addEventListener('abort', leave, { once: true });
  return { left, end: () => signal.removeEventListener('abort', leave) };
}

/** A pool of one session, so that all statements of a trial see its tables. `end` breaks the session off. */
function openSession(url: string): { pool: pg.Pool; end: () => void } {
  const sessions: pg.ClientBase[] = [];
  const pool = new pg.Pool({
    connectionString: url,
    application_name: 'contact-sync preview',
    max: 1,
    idleTimeoutMillis: 0,
    connectionTimeoutMillis: connectTimeoutMs,
    keepAlive: true,
    onConnect: async (client) => {
      if (sessions.push(client) > 1) throw new Error('Connection terminated: the tables of a preview are lost.');
      await client.query(tables).catch((error: unknown) => {
        throw sqlState(error) === '42501' ? notAllowed(error) : error;
      });
    },
  });
  pool.on('error', () => {});
  pool.on('connect', hearErrors);
  const end = (): void => {
    for (const client of sessions) breakOff(client);
    pool.end().catch(() => {});
  };
  return { pool, end };
}

const tables = `
  SET idle_in_transaction_session_timeout = '10s';
  SET lock_timeout = '20s';
  SET synchronous_commit = off;
  CREATE TEMP TABLE plan_row (LIKE plan_row INCLUDING DEFAULTS INCLUDING INDEXES);
  CREATE TEMP TABLE ${trialFills} (workspace_id uuid, id uuid, fields jsonb NOT NULL, PRIMARY KEY (workspace_id, id))`;

function notAllowed(cause: unknown): AppError {
  return new AppError(
    'TEMPORARY_TABLES_NOT_ALLOWED',
    'The database lets the service make no temporary tables, which previews and explanations need.',
    {
      hint: 'Let the people who run the service give the login of DATABASE_URL that right: GRANT TEMPORARY ON DATABASE <name> TO <login>. The log of its start has the whole statement.',
      cause,
    },
  );
}

/** The statement that an administrator must run so that trials can be opened. Null: none is needed. */
export async function grantForTrials(query: Query): Promise<string | null> {
  const [row] = await query<{ statement: string; may: boolean }>(
    `SELECT format('GRANT TEMPORARY ON DATABASE %I TO %I;', current_database(), current_user) AS statement,
       has_database_privilege(current_database(), 'TEMPORARY') AS may`,
  );
  return row === undefined || row.may ? null : row.statement;
}

type ConnectionRow = {
  created_at: Date;
  referrals: string[];
  last_complete_read_at: Date | null;
  queued_at: Date | null;
  hold_reasons: string[] | null;
};

async function openTrial(pool: pg.Pool, request: Parameters<TrialStore['use']>[0]): Promise<Trial> {
  const { settings, files } = request;
  const attempt = attemptOf(pool, request);
  const saved = await savedConnection(pool, request);
  let only: string | null = null;
  const rank: Rank = {
    priority: settings.priority,
    createdAt: (saved?.created_at ?? new Date()).getTime(),
    connectionId: attempt.connectionId,
  };
  return {
    id: attempt.runId,
    rank,
    referrals: saved?.referrals ?? [],
    lastCompleteAt: saved?.last_complete_read_at ?? null,
    waiting: saved?.queued_at ? { queuedAt: saved.queued_at, reasons: saved.hold_reasons ?? [] } : null,
    files,
    ...planning(attempt),
    streamKnown: (onChunk) => streamKnown(attempt, onChunk, only),
    // There is no log.
    report: async () => {},
    planRows: async () => rowsOf((await readOutline(attempt)).open),
    keepMapped: () => keepMapped(attempt),
    plannedFor: (personIds) => plannedFor(attempt, personIds),
    examples: (each) => examples(attempt, each),
    fieldImpacts: () => fieldImpacts(attempt),
    linked: (person, limit) => linked(attempt, person, limit),
    ties: (ids, addresses) => ties(attempt, ids, addresses),
    limitTo: async (ids) => {
      await limitTo(attempt, ids);
      only = trialPeople;
    },
  };
}

async function savedConnection(
  pool: pg.Pool,
  { workspaceId, connectionId }: TrialRequest,
): Promise<ConnectionRow | undefined> {
  if (connectionId === null) return undefined;
  const { rows } = await pool.query<ConnectionRow>(
    `SELECT connection.created_at, connection.referrals, connection.last_complete_read_at, held.queued_at, held.hold_reasons
     FROM connection
     LEFT JOIN open_run ON open_run.workspace_id = connection.workspace_id AND open_run.connection_id = connection.id
     LEFT JOIN run AS held ON held.workspace_id = open_run.workspace_id AND held.id = open_run.run_id AND held.status = 'HELD'
     WHERE connection.workspace_id = $1 AND connection.id = $2`,
    [workspaceId, connectionId],
  );
  return rows[0];
}

/** The attempt that the statements of runs need. A connection that is not saved gets an id that no connection has. */
function attemptOf(
  pool: pg.Pool,
  { workspaceId, connectionId, settings, ids }: Parameters<TrialStore['use']>[0],
): Attempt {
  return {
    pool,
    // Nothing is done twice: if the session is lost, so is the trial.
    patience: {
      patiently: (work) => work(),
      query: (sql, values = []) => pool.query(sql, values),
      begun: async () => '',
      hasCommitted: async () => false,
    },
    workspaceId,
    runId: randomUUID(),
    connectionId: connectionId ?? randomUUID(),
    connectionDeleted: false,
    ids,
    removal: settings.removal,
    photo: false,
    mapsManagers: settings.mappings.some(({ field }) => field === 'MANAGER'),
    attempt: 1,
    isTrial: true,
    plan: 'plan_row',
    base: 0,
    reverts: null,
  };
}
