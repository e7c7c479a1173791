import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { memoryOptions } from '../scripts/setup/runtime.mjs';
import { settingNames } from '../src/config.ts';
import { type Child, startChild } from './child-process.ts';
import type { DemoKeys } from './demo-keys.ts';

/** `url` is empty for a worker, which serves nobody. */
export type Service = { url: string; child: Child };

export type ServiceOptions = {
  /** Called with warnings, errors, and output that is not a log line. */
  say: (line: string) => void;
  /** Settings that are added to the demo's; these take precedence. */
  env: Record<string, string>;
  nodeOptions?: readonly string[];
};

const program = join(import.meta.dirname, '../dist/src/main.js');
/** pino's level of a warning. */
const warning = 40;

/**
 * Starts the service as `npm start` does, with the demo's keys, and lets it connect to loopback. If it ends before it listens, throws an
 * error with its output.
 */
export async function startService(keys: DemoKeys, options: ServiceOptions): Promise<Service> {
  if (!existsSync(program)) throw new Error('The service is not built yet: npm run demo builds it.');
  const child = startChild([...memoryOptions, ...(options.nodeOptions ?? []), program], {
    ...withoutSettings(process.env),
    HOST: process.env.HOST ?? '127.0.0.1',
    PORT: process.env.PORT ?? (await freeOr(4000)),
    ROLE: 'all',
    AUTH_JWKS: `file:${keys.jwksFile}`,
    AUTH_ISSUER: keys.issuer,
    AUTH_AUDIENCE: keys.audience,
    SECRETS_KEY: keys.secretsKey,
    ALLOW_PRIVATE_SOURCES: 'true',
    LOG_LEVEL: 'info',
    ...options.env,
  });
  return { url: await ready(child, options.say), child };
}

/** The settings that the demo takes from its environment. It makes all others itself. */
const taken = ['HOST', 'PORT', 'DATA_DIR'];

/** Settings in this environment that the demo does not use. */
export function ignoredSettings(env: NodeJS.ProcessEnv): string[] {
  return settingNames.filter((name) => !taken.includes(name) && env[name] !== undefined && env[name] !== '');
}

/**
 * The environment without the service's settings. It also removes the settings of Postgres clients, which would change
 * how the service reaches its database.
 */
function withoutSettings(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(env).filter(([name]) => !settingNames.includes(name) && !/^PG[A-Z]/.test(name)),
  );
}

async function ready(child: Child, say: (line: string) => void): Promise<string> {
  return new Promise((resolve, reject) => {
    if (child.process.stdout === null) throw new Error('no standard output');
    createInterface(child.process.stdout).on('line', (line) => {
      const entry = parse(line);
      if (entry?.msg === 'listening' || entry?.msg === 'working') resolve(entry.url ?? '');
      else if (entry?.msg === 'database') say(`The database is in ${entry.folder}.`);
      else if (entry === null || entry.level >= warning) say(line);
    });
    child.ended.then(
      (code) => reject(new Error(`The service ended at its start (${code}); its output is above.`)),
      reject,
    );
  });
}

function parse(line: string): { level: number; msg?: string; url?: string; folder?: string } | null {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}

/** The port if it is free, else 0 (any port). */
async function freeOr(port: number): Promise<string> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve('0'));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(String(port))));
  });
}
