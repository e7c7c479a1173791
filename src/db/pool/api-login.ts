import pg from 'pg';
import { AppError } from '../../core/app-error.ts';
import { sqlState } from '../database-failure.ts';

/** The role of the API's connections. It owns nothing and sees only the workspace that its transaction has set. */
export const API_ROLE = 'kdesk_contact_sync_api';

/** Postgres's facts about the API's own login. */
type Login = {
  login: string;
  database: string;
  superuser: boolean;
  bypassesRls: boolean;
  createsRoles: boolean;
  replicates: boolean;
  owned: string | null;
  otherRoles: string[];
};

/** An arbitrary number. When several processes start together, one at a time grants the role. */
const GRANT_LOCK = 5_406_210_314;

/** The start time tells one server from another. Both logins may read it. */
const sameDatabase = `SELECT pg_postmaster_start_time()::text || ' ' || oid AS database FROM pg_database WHERE datname = current_database()`;

/** Membership in any other role counts, whatever its kind (INHERIT, SET, ADMIN): it gives the rights of that role. */
const lookAtLogin = `
  SELECT session_user AS login, (${sameDatabase}) AS database, login.rolsuper AS superuser,
    login.rolbypassrls AS "bypassesRls", login.rolcreaterole AS "createsRoles", login.rolreplication AS replicates,
    (SELECT coalesce(relation.relname, 'the database') FROM pg_shdepend AS owned
      LEFT JOIN pg_class AS relation ON owned.classid = 'pg_class'::regclass AND relation.oid = owned.objid
      JOIN pg_database AS here ON here.datname = current_database()
      WHERE owned.refclassid = 'pg_authid'::regclass AND owned.refobjid = login.oid AND owned.deptype = 'o'
        AND (owned.dbid = here.oid OR owned.classid = 'pg_database'::regclass AND owned.objid = here.oid)
      LIMIT 1) AS owned,
    ARRAY(SELECT other.rolname::text FROM pg_roles AS other
      WHERE other.oid <> login.oid AND other.rolname <> '${API_ROLE}'
        AND pg_has_role(login.oid, other.oid, 'MEMBER') ORDER BY 1) AS "otherRoles"
  FROM pg_roles AS login WHERE login.rolname = session_user`;

/**
 * Checks the API's own login, and makes it a member of the API's role if it is not one yet. Throws an AppError when the login
 * could get around row-level security: that must hold even for SQL that somebody smuggles into a statement of the API.
 */
export async function admitApiLogin(apiUrl: string, owner: pg.Pool): Promise<void> {
  const login = await readLogin(apiUrl);
  const fault = faultOf(login);
  if (fault !== null) {
    throw unfit(login.login, fault, `It has to be one that owns nothing and is a member of ${API_ROLE} alone.`);
  }
  const { rows } = await owner.query<{ database: string }>(sameDatabase);
  if (rows[0]?.database !== login.database) {
    throw unfit(login.login, 'leads to another database than DATABASE_URL', 'Name the same server and database twice.');
  }
  await owner.query(becomeMember(login.login)).catch((cause: unknown) => {
    if (sqlState(cause) !== '42501') throw cause;
    const grant = `GRANT ${API_ROLE} TO ${pg.escapeIdentifier(login.login)};`;
    throw unfit(login.login, `is no member of ${API_ROLE}`, `Let an administrator run: ${grant}`, cause);
  });
}

async function readLogin(apiUrl: string): Promise<Login> {
  const client = new pg.Client({ connectionString: apiUrl, application_name: 'contact-sync-api' });
  client.on('error', () => {});
  try {
    await client.connect();
    const { rows } = await client.query<Login>(lookAtLogin);
    if (rows[0] === undefined) throw new Error('The login is not among the roles.');
    return rows[0];
  } catch (cause) {
    const said = cause instanceof Error && cause.message !== '' ? cause.message : String(cause);
    throw new AppError('DATABASE_UNAVAILABLE', `The database can't be used through API_DATABASE_URL: ${said}`, {
      hint: 'Check API_DATABASE_URL: host, port, database, user and password.',
      cause,
    });
  } finally {
    await client.end().catch(() => {});
  }
}

function faultOf({ superuser, bypassesRls, createsRoles, replicates, owned, otherRoles }: Login): string | null {
  if (superuser) return 'is a superuser';
  if (bypassesRls) return 'has BYPASSRLS';
  if (createsRoles) return 'has CREATEROLE';
  if (replicates) return 'has REPLICATION';
  if (owned !== null) return `owns ${owned}`;
  return otherRoles.length > 0 ? `is a member of ${otherRoles.join(', ')}` : null;
}

/** From Postgres 16 on, a member may only SET the role if that was granted. */
function becomeMember(login: string): string {
  return `
  DO $$
  BEGIN
    PERFORM pg_advisory_xact_lock(${GRANT_LOCK});
    IF NOT pg_has_role(${pg.escapeLiteral(login)}, '${API_ROLE}',
        CASE WHEN current_setting('server_version_num')::int >= 160000 THEN 'SET' ELSE 'MEMBER' END) THEN
      GRANT ${API_ROLE} TO ${pg.escapeIdentifier(login)};
    END IF;
  END $$`;
}

function unfit(login: string, fault: string, hint: string, cause?: unknown): AppError {
  return new AppError('API_LOGIN_UNFIT', `The login of API_DATABASE_URL, ${login}, ${fault}.`, { hint, cause });
}
