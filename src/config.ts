import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import type { AddressPolicy } from './core/source-session.ts';

export type Role = 'api' | 'worker' | 'all';

/** Where the keys come from that verify access tokens. */
export type KeySet = { kind: 'url'; url: URL } | { kind: 'file'; path: string };

/** The settings of the service, from the environment. */
export type Config = {
  /** Null: the embedded Postgres under `dataDir`. */
  databaseUrl: string | null;
  /**
   * The same database with a separate login for the API's pool. Null: the API uses the login of `databaseUrl`, in its
   * own role.
   */
  apiDatabaseUrl: string | null;
  dataDir: string;
  host: string;
  /** 0: any free port. */
  port: number;
  role: Role;
  auth: { keys: KeySet; issuer: string; audience: string };
  /** Keys of 32 bytes. The first one encrypts; all of them decrypt. */
  secretsKeys: Buffer[];
  addresses: AddressPolicy;
  /** How many runs this process works on at the same time. */
  runConcurrency: number;
  /** How many days the logs of runs are kept (`logDays`), and runs with their changes (`historyDays`). */
  retention: { logDays: number; historyDays: number };
  /** The deadline of queries and mutations that don't declare a longer one. */
  operationTimeoutSeconds: number;
  logLevel: string;
};

const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;

/** An empty variable counts as one that is not set. */
function optional(text: string | undefined): string | undefined {
  return text?.trim() ? text.trim() : undefined;
}

function text(needed: string) {
  return z
    .string()
    .optional()
    .transform(optional)
    .refine((value): value is string => value !== undefined, { error: needed });
}

function withDefault(fallback: string) {
  return z
    .string()
    .optional()
    .transform((value) => optional(value) ?? fallback);
}

function postgresUrl(value: string | undefined): boolean {
  return value === undefined || (URL.canParse(value) && /^postgres(ql)?:$/.test(new URL(value).protocol));
}

function keySet(value: string): KeySet | null {
  if (/^https?:\/\//i.test(value)) return URL.canParse(value) ? { kind: 'url', url: new URL(value) } : null;
  if (!value.startsWith('file:')) return null;
  const path = value.startsWith('file://') ? fileUrlPath(value) : resolve(value.slice('file:'.length));
  return path !== null && holdsKeys(path) ? { kind: 'file', path } : null;
}

function fileUrlPath(value: string): string | null {
  try {
    return fileURLToPath(value);
  } catch {
    return null;
  }
}

function holdsKeys(path: string): boolean {
  try {
    const parsed: unknown = JSON.parse(readFileSync(path, 'utf8'));
    return typeof parsed === 'object' && parsed !== null && 'keys' in parsed && Array.isArray(parsed.keys);
  } catch {
    return false;
  }
}

function secretsKeys(value: string): Buffer[] | null {
  const parts = value.split(',').map((part) => part.trim());
  if (parts.some((part) => !/^[A-Za-z0-9+/_-]{43}=?$/.test(part))) return null;
  const keys = parts.map((part) => Buffer.from(part, 'base64'));
  return keys.every((key) => key.length === 32) ? keys : null;
}

function isCidr(part: string): boolean {
  const [address = '', bits, more] = part.split('/');
  const version = isIP(address);
  if (version === 0 || more !== undefined) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128));
}

function addressPolicy(value: string): AddressPolicy | null {
  if (/^(true|false)$/i.test(value)) return { allowPrivate: value.toLowerCase() === 'true', cidrs: [] };
  const cidrs = value.split(',').map((part) => part.trim());
  return cidrs.every(isCidr) ? { allowPrivate: false, cidrs } : null;
}

/** `parse` returns null for a value that is a fault. `takes` describes the values that are accepted. */
function parsed<In, Out>(parse: (value: In) => Out | null, takes: string) {
  return z.transform((value: In, context) => {
    const result = parse(value);
    if (result !== null) return result;
    context.issues.push({ code: 'custom', message: takes, input: value });
    return z.NEVER;
  });
}

const takes = {
  DATABASE_URL: 'takes the URL of a Postgres 15 or newer, postgres://user:password@host:port/name',
  API_DATABASE_URL:
    'takes the URL of the same database with a login of its own, postgres://api-user:password@host:port/name; it goes with DATABASE_URL',
  HOST: 'takes the address or name to listen at, such as 127.0.0.1, 0.0.0.0 or ::',
  PORT: 'takes a port from 0 to 65535 (0 picks a free one)',
  ROLE: 'takes api, worker or all',
  AUTH_JWKS: 'takes the http(s) URL or the file: path of a readable JWKS, the keys that verify access tokens',
  AUTH_ISSUER: 'takes the issuer that access tokens name in `iss`',
  AUTH_AUDIENCE: 'takes the audience that access tokens name in `aud`',
  SECRETS_KEY: 'takes 32 random bytes in base64 (openssl rand -base64 32), or a list new,old',
  ALLOW_PRIVATE_SOURCES: 'takes false, true, or a list of CIDRs such as 10.0.0.0/8,192.168.1.5/32',
  RETAIN_LOG_DAYS: 'takes how many days the lines of runs are kept, from 1 to 3650',
  RETAIN_HISTORY_DAYS: 'takes how many days runs and the changes of contacts are kept, from 1 to 3650',
  RUN_CONCURRENCY: 'takes how many runs one process works on at a time, from 1 to 50',
  OPERATION_TIMEOUT_SECONDS: 'takes a whole number of seconds from 1 to 600',
  LOG_LEVEL: `takes one of ${logLevels.join(', ')}`,
};

function days(fallback: string, error: string) {
  return withDefault(fallback)
    .refine((value) => /^\d{1,4}$/.test(value) && Number(value) >= 1 && Number(value) <= 3650, { error })
    .transform(Number);
}

const environment = z.object({
  DATABASE_URL: z.string().optional().transform(optional).refine(postgresUrl, { error: takes.DATABASE_URL }),
  API_DATABASE_URL: z.string().optional().transform(optional).refine(postgresUrl, { error: takes.API_DATABASE_URL }),
  DATA_DIR: withDefault('.data'),
  HOST: withDefault('127.0.0.1').refine((value) => /^[\w.:%-]+$/.test(value), { error: takes.HOST }),
  PORT: withDefault('4000')
    .refine((value) => /^\d{1,5}$/.test(value) && Number(value) <= 65535, { error: takes.PORT })
    .transform(Number),
  ROLE: withDefault('all').pipe(z.enum(['api', 'worker', 'all'], { error: takes.ROLE })),
  AUTH_JWKS: text(`required: ${takes.AUTH_JWKS}`).pipe(parsed(keySet, takes.AUTH_JWKS)),
  AUTH_ISSUER: text(`required: ${takes.AUTH_ISSUER}`),
  AUTH_AUDIENCE: text(`required: ${takes.AUTH_AUDIENCE}`),
  SECRETS_KEY: text(`required: ${takes.SECRETS_KEY}`).pipe(parsed(secretsKeys, takes.SECRETS_KEY)),
  ALLOW_PRIVATE_SOURCES: withDefault('false').pipe(parsed(addressPolicy, takes.ALLOW_PRIVATE_SOURCES)),
  RUN_CONCURRENCY: withDefault('2')
    .refine((value) => /^\d{1,2}$/.test(value) && Number(value) >= 1 && Number(value) <= 50, {
      error: takes.RUN_CONCURRENCY,
    })
    .transform(Number),
  RETAIN_LOG_DAYS: days('90', takes.RETAIN_LOG_DAYS),
  RETAIN_HISTORY_DAYS: days('730', takes.RETAIN_HISTORY_DAYS),
  OPERATION_TIMEOUT_SECONDS: withDefault('15')
    .refine((value) => /^\d{1,3}$/.test(value) && Number(value) >= 1 && Number(value) <= 600, {
      error: takes.OPERATION_TIMEOUT_SECONDS,
    })
    .transform(Number),
  LOG_LEVEL: withDefault('info').pipe(z.enum(logLevels, { error: takes.LOG_LEVEL })),
});

/** The settings that migrating needs. The others may be missing. */
export type DatabaseConfig = Pick<Config, 'databaseUrl' | 'dataDir' | 'logLevel' | 'retention'>;

type Outcome<C> = { kind: 'config'; config: C } | { kind: 'faults'; faults: string[] };

/**
 * Reads the environment. It reports all faults at once, one line each, with the variable's name and what it takes. A value is never
 * repeated, because it may be a secret.
 */
export function readConfig(env: Env = process.env): Outcome<Config> {
  const outcome = environment.refine(databasesMatch, databasesFault).safeParse(env);
  if (!outcome.success) return faultsOf(outcome.error);
  const values = outcome.data;
  return {
    kind: 'config',
    config: {
      ...databaseConfig(values),
      operationTimeoutSeconds: values.OPERATION_TIMEOUT_SECONDS,
      apiDatabaseUrl: values.API_DATABASE_URL ?? null,
      host: values.HOST,
      port: values.PORT,
      role: values.ROLE,
      auth: { keys: values.AUTH_JWKS, issuer: values.AUTH_ISSUER, audience: values.AUTH_AUDIENCE },
      secretsKeys: values.SECRETS_KEY,
      addresses: values.ALLOW_PRIVATE_SOURCES,
      runConcurrency: values.RUN_CONCURRENCY,
    },
  };
}

/** The names of all variables that are read. */
export const settingNames: readonly string[] = Object.keys(environment.shape);

const databaseSettings = {
  DATABASE_URL: true,
  DATA_DIR: true,
  LOG_LEVEL: true,
  RETAIN_LOG_DAYS: true,
  RETAIN_HISTORY_DAYS: true,
} as const;

/** The same for only the variables that migrating needs: where the database is, and how long it keeps data. */
export function readDatabaseConfig(env: Env = process.env): Outcome<DatabaseConfig> {
  const outcome = environment.pick(databaseSettings).safeParse(env);
  return outcome.success ? { kind: 'config', config: databaseConfig(outcome.data) } : faultsOf(outcome.error);
}

/** The embedded Postgres has its own login for the API. */
function databasesMatch(env: { DATABASE_URL?: string; API_DATABASE_URL?: string }): boolean {
  return env.API_DATABASE_URL === undefined || env.DATABASE_URL !== undefined;
}

const databasesFault = {
  path: ['API_DATABASE_URL'],
  error: takes.API_DATABASE_URL,
  when: () => true,
};

type Env = Readonly<Record<string, string | undefined>>;

function databaseConfig(values: Pick<z.infer<typeof environment>, keyof typeof databaseSettings>): DatabaseConfig {
  return {
    databaseUrl: values.DATABASE_URL ?? null,
    dataDir: resolve(values.DATA_DIR),
    logLevel: values.LOG_LEVEL,
    retention: { logDays: values.RETAIN_LOG_DAYS, historyDays: values.RETAIN_HISTORY_DAYS },
  };
}

function faultsOf(error: z.ZodError): { kind: 'faults'; faults: string[] } {
  return {
    kind: 'faults',
    faults: error.issues.map((issue) => `${issue.path.join('.')} ${issue.message}`),
  };
}
