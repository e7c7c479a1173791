import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient as createSseClient } from 'graphql-sse';
import { createClient as createWsClient } from 'graphql-ws';
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import { pino } from 'pino';
import { WebSocket } from 'ws';
import type { TrafficLimits } from '../../src/api/traffic/traffic-limits.ts';
import { startApp } from '../../src/app.ts';
import { type Config, readConfig } from '../../src/config.ts';
import { Permission } from '../../src/core/access.ts';
import { createDatabase } from './postgres.ts';

const issuer = 'https://id.example.org';
const audience = 'contact-sync';

/** The data of an answer. Each test expects its own shape; the schema has its own tests. */
// biome-ignore lint/suspicious/noExplicitAny: answers are of every shape, and each test says what it expects
export type Data = any;
export type Answer = { data?: Data; errors?: { message: string; path?: string[]; extensions: Data }[] };
export type Variables = Record<string, unknown>;
export type Claims = JWTPayload & { permissions?: readonly unknown[] };

/** Keys of one algorithm, and the JWKS file that the service verifies with. */
export async function createIssuer(algorithm: 'RS256' | 'ES256' | 'EdDSA' = 'ES256') {
  const folder = await mkdtemp(join(tmpdir(), 'contact-sync-keys-'));
  const path = join(folder, 'jwks.json');
  const publicKeys: object[] = [];
  const addKey = async (kid: string) => {
    const keys = await generateKeyPair(algorithm, { extractable: true });
    publicKeys.push({ ...(await exportJWK(keys.publicKey)), kid, alg: algorithm, use: 'sig' });
    await writeFile(path, JSON.stringify({ keys: publicKeys }));
    /** Signs a token. `expires`: null when the claims contain `exp`. */
    return (claims: Claims, expires: number | string | Date | null = '1h', header: object = {}) => {
      const token = new SignJWT({ sub: 'person-1', name: 'Ada Lovelace', kind: 'member', permissions: [], ...claims })
        .setProtectedHeader({ alg: algorithm, kid, ...header })
        .setIssuer(typeof claims.iss === 'string' ? claims.iss : issuer)
        .setAudience(typeof claims.aud === 'string' ? claims.aud : audience);
      return (expires === null ? token : token.setExpirationTime(expires)).sign(keys.privateKey);
    };
  };
  return { path, sign: await addKey('first'), addKey, close: () => rm(folder, { recursive: true, force: true }) };
}

/** The environment of a service that verifies with this JWKS. It listens on loopback, on any port. */
export function environment(databaseUrl: string, jwks: string, more: Record<string, string> = {}) {
  return {
    DATABASE_URL: databaseUrl,
    PORT: '0',
    AUTH_JWKS: `file:${jwks}`,
    AUTH_ISSUER: issuer,
    AUTH_AUDIENCE: audience,
    SECRETS_KEY: randomBytes(32).toString('base64'),
    ALLOW_PRIVATE_SOURCES: 'true',
    ...more,
  };
}

export function configOf(env: Record<string, string>): Config {
  const outcome = readConfig(env);
  if (outcome.kind === 'faults') throw new Error(outcome.faults.join('\n'));
  return outcome.config;
}

/** The whole service with a new database, and clients for it. */
export async function startApi(env: Record<string, string> = {}, traffic: Partial<TrafficLimits> = {}) {
  const database = await createDatabase();
  const keys = await createIssuer();
  const statements: string[] = [];
  const logged: string[] = [];
  const logger = pino({ level: 'warn' }, { write: (line: string) => void logged.push(line) });
  const config = configOf(environment(database.url, keys.path, { API_DATABASE_URL: database.apiUrl, ...env }));
  const app = await startApp(config, { logger, onStatement: (sql) => void statements.push(sql), traffic });
  const url = app.url ?? '';
  const workspace = randomUUID();
  const everything = await keys.sign({ workspace, permissions: Object.values(Permission) });
  const clients = createClients(url, everything);
  return {
    url,
    config,
    databaseUrl: database.url,
    apiDatabaseUrl: database.apiUrl,
    keys,
    workspace,
    /** A token of a member of `workspace` with all permissions. */
    token: everything,
    tokenWith: (permissions: readonly Permission[], more: Claims = {}) =>
      keys.sign({ workspace, permissions, ...more }),
    /** The statements that the API has sent so far. */
    statements,
    /** Lines of the process log from `warn` up. */
    logged,
    ...clients,
    close: async () => {
      await clients.closeAll();
      await app.close();
      await keys.close();
      await database.close();
    },
  };
}

export type TestApi = Awaited<ReturnType<typeof startApi>>;

export function createClients(url: string, defaultToken: string) {
  const leaving: (() => unknown)[] = [];

  const post = (body: unknown, token: string | null, path = '/graphql') =>
    fetch(`${url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(token === null ? {} : { authorization: `Bearer ${token}` }) },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });

  const request = async (query: string, variables: Variables = {}, token: string | null = defaultToken) => {
    const answer: Answer = JSON.parse(await (await post({ query, variables }, token)).text());
    return answer;
  };

  /** Like `request`, but throws when the answer has errors. */
  const ask = async (query: string, variables: Variables = {}, token: string = defaultToken): Promise<Data> => {
    const { data, errors } = await request(query, variables, token);
    if (errors !== undefined) throw new Error(JSON.stringify(errors));
    return data;
  };

  /** Answers of a subscription over a new WebSocket. Throws what the server reports as an error. */
  const overWebSocket = (query: string, variables: Variables = {}, token: string = defaultToken) => {
    const client = createWsClient({
      url: `${url.replace('http', 'ws')}/graphql`,
      webSocketImpl: WebSocket,
      connectionParams: { authorization: `Bearer ${token}` },
      retryAttempts: 0,
    });
    leaving.push(() => client.dispose());
    return client.iterate({ query, variables }) as AsyncIterableIterator<Answer>;
  };

  /** Answers of a subscription over server-sent events. */
  const overSse = (query: string, variables: Variables = {}, token: string = defaultToken) => {
    const client = createSseClient({
      url: `${url}/graphql/stream`,
      headers: { authorization: `Bearer ${token}` },
      retryAttempts: 0,
    });
    leaving.push(() => client.dispose());
    return client.iterate({ query, variables }) as AsyncIterableIterator<Answer>;
  };

  const get = (path: string, token: string | null = defaultToken) =>
    fetch(`${url}${path}`, token === null ? {} : { headers: { authorization: `Bearer ${token}` } });

  return {
    post,
    request,
    ask,
    get,
    overWebSocket,
    overSse,
    closeAll: async () => {
      await Promise.all(leaving.splice(0).map((leave) => leave()));
    },
  };
}

/** All answers of a stream that ends. */
export async function collect(answers: AsyncIterable<Answer>): Promise<Answer[]> {
  const all: Answer[] = [];
  for await (const answer of answers) all.push(answer);
  return all;
}
