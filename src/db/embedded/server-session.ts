import { createHmac } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import pg from 'pg';
import { isRunning, type Postmaster } from './postmaster.ts';

const POLL_MS = 20;
/** After a crash the server first replays its write-ahead log. */
const READY_SECONDS = 300;

/** Arbitrary numbers. Users of the server hold USERS_LOCK as a shared lock; a process that stops it holds it exclusively. */
const USERS_LOCK = 5_406_210_312;
const SETUP_LOCK = 5_406_210_313;

/** The service's login: an ordinary role, as on any other server. */
export const SERVICE_ROLE = 'kdesk_contact_sync';

/** Connects as administrator as soon as the server takes connections. Null: the server ended instead. */
export async function connectWhenReady(postmaster: Postmaster, password: string): Promise<pg.Client | null> {
  for (let waited = 0; waited < READY_SECONDS * 1000; waited += POLL_MS) {
    const client = new pg.Client({
      host: '127.0.0.1',
      port: postmaster.port,
      user: 'postgres',
      database: 'postgres',
      password,
      application_name: 'embedded',
    });
    // The next statement reports the error too. Without a listener, the event would end the process.
    client.on('error', () => {});
    try {
      await client.connect();
      return client;
    } catch (error) {
      await client.end().catch(() => {});
      if (!isNotReady(error)) throw error;
    }
    if (!(await isRunning(postmaster.pid))) return null;
    await wait(POLL_MS);
  }
  return null;
}

/** Waits until a server that is being stopped has ended, but no longer than READY_SECONDS. */
export async function ended({ pid }: Postmaster): Promise<void> {
  for (let waited = 0; waited < READY_SECONDS * 1000 && (await isRunning(pid)); waited += POLL_MS) await wait(POLL_MS);
}

/** Whether the error means that the server is starting or stopping. */
export function isNotReady(error: unknown): boolean {
  return (
    ['ECONNREFUSED', 'ECONNRESET', 'EPIPE', '57P03', '57P01'].includes(String((error as { code?: unknown }).code)) ||
    (error instanceof Error && error.message.startsWith('Connection terminated'))
  );
}

/** Makes this session a user of the server until it ends. Waits while another process is stopping the server. */
export async function joinUsers(client: pg.Client): Promise<void> {
  await client.query('SELECT pg_advisory_lock_shared($1)', [USERS_LOCK]);
}

/** True: nobody else uses the server, and new users now wait for its end. */
export async function leaveUsers(client: pg.Client): Promise<boolean> {
  await client.query('SELECT pg_advisory_unlock_shared($1)', [USERS_LOCK]);
  const { rows } = await client.query<{ alone: boolean }>('SELECT pg_try_advisory_lock($1) AS alone', [USERS_LOCK]);
  return rows[0]?.alone === true;
}

/** The login of the API's pool. It owns nothing. */
export const API_LOGIN = 'kdesk_contact_sync_api_login';

/** The API login's password. It differs from the owner's, and is the same for every process that uses the server. */
export function apiPassword(password: string): string {
  return createHmac('sha256', password).update(API_LOGIN).digest('hex');
}

/** Makes the service's roles and database at the first start. */
export async function setUpService(client: pg.Client, password: string): Promise<void> {
  await client.query('SELECT pg_advisory_lock($1)', [SETUP_LOCK]);
  await makeLogin(client, SERVICE_ROLE, `CREATEDB CREATEROLE PASSWORD ${client.escapeLiteral(password)}`);
  await makeLogin(client, API_LOGIN, `PASSWORD ${client.escapeLiteral(apiPassword(password))}`);
  // So the owner may see and end the API's sessions.
  await client.query(`GRANT ${API_LOGIN} TO ${SERVICE_ROLE}`);
  const database = await client.query('SELECT FROM pg_database WHERE datname = $1', [SERVICE_ROLE]);
  if (database.rowCount === 0) await client.query(`CREATE DATABASE ${SERVICE_ROLE} OWNER ${SERVICE_ROLE}`);
  await client.query('SELECT pg_advisory_unlock($1)', [SETUP_LOCK]);
}

async function makeLogin(client: pg.Client, name: string, rights: string): Promise<void> {
  const role = await client.query('SELECT FROM pg_roles WHERE rolname = $1', [name]);
  if (role.rowCount === 0) await client.query(`CREATE ROLE ${name} LOGIN ${rights}`);
}
