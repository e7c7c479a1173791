import { spawn } from 'node:child_process';
import { createWriteStream, existsSync } from 'node:fs';
import { mkdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { people } from '../test/support/ldap-people.ts';
import { slapdBinaries } from '../test/support/slapd-binaries.ts';
import type { ReadInput } from './row-process.ts';

/**
 * Milliseconds from a program's start to its end. Its output is discarded. Throws with its error output when it fails.
 */
async function timed(program: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const began = performance.now();
  const child = spawn(program, args, { env, stdio: ['ignore', 'ignore', 'pipe'] });
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => {
    errors = (errors + chunk.toString()).slice(-2000);
  });
  const code = await new Promise((resolve, reject) => child.once('close', resolve).once('error', reject));
  if (code !== 0) throw new Error(`${program} ended with ${code}: ${errors}`);
  return performance.now() - began;
}

/**
 * Times an `ldapsearch` of everybody, paged, with its output discarded: with all attributes that our readers ask for,
 * or with only the id.
 */
export async function timeLdapsearch(
  { url, bindDn, bindPassword, peopleDn, attributes: all }: ReadInput,
  attributes: readonly string[] = all,
): Promise<number> {
  const { ldapsearch, env } = await slapdBinaries();
  const account = ['-x', '-LLL', '-H', url, '-D', bindDn, '-w', bindPassword];
  const search = ['-E', 'pr=1000/noprompt', '-b', peopleDn, '(objectClass=inetOrgPerson)', ...attributes];
  return timed(ldapsearch, [...account, ...search], env);
}

/** `psql \copy` of a file into the bare table, which the caller has just created. */
export function timeCopy(databaseUrl: string, file: string): Promise<number> {
  return timed(
    'psql',
    [databaseUrl, '-q', '-v', 'ON_ERROR_STOP=1', '-c', `\\copy bare_contact from '${file}'`],
    process.env,
  );
}

/** The columns of a contact, its key and an email index, and nothing else that our table has. */
export const bareTable = [
  'DROP TABLE IF EXISTS bare_contact',
  `CREATE TABLE bare_contact (
    workspace_id uuid NOT NULL, id uuid NOT NULL, status text NOT NULL, display_name text NOT NULL, given_name text,
    family_name text, company text, job_title text, department text, employee_id text, primary_email text, emails text,
    phones text, street text, city text, region text, postal_code text, country text, language text, time_zone text,
    notes text, portal_access boolean NOT NULL, email_notifications boolean NOT NULL, forms_access boolean NOT NULL,
    created_at timestamptz NOT NULL, updated_at timestamptz NOT NULL, PRIMARY KEY (workspace_id, id))`,
  'CREATE UNIQUE INDEX ON bare_contact (workspace_id, lower(primary_email))',
];

const workspace = '00000000-0000-7000-8000-000000000000';

/** The directory's people as rows of the bare table, made once and kept. */
export async function copyFile(folder: string, count: number): Promise<string> {
  const file = join(folder, `contacts-${count}.tsv`);
  if (existsSync(file)) return file;
  await mkdir(folder, { recursive: true });
  await pipeline(Readable.from(blocks(count)), createWriteStream(`${file}.new`));
  await rename(`${file}.new`, file);
  return file;
}

function* blocks(count: number): Generator<string> {
  let block = '';
  let number = 0;
  for (const { attributes } of people(count)) {
    if (attributes.uid === undefined) continue;
    block += row(attributes, number++);
    if (block.length < 65_536) continue;
    yield block;
    block = '';
  }
  yield block;
}

function row(attributes: Record<string, unknown>, number: number): string {
  const of = (name: string): string => String(attributes[name] ?? '\\N');
  const id = `00000000-0000-7000-8000-${number.toString(16).padStart(12, '0')}`;
  const phones = { work: of('telephoneNumber'), mobile: of('mobile'), home: of('homePhone') };
  const name = [of('displayName'), of('givenName'), of('sn'), of('o'), of('title'), of('departmentNumber')];
  const place = [of('street'), of('l'), of('st'), of('postalCode'), '\\N'];
  const now = '2026-01-01 00:00:00+00';
  return `${[workspace, id, 'ACTIVE', ...name, of('employeeNumber'), of('mail'), '\\N', JSON.stringify(phones), ...place, of('preferredLanguage'), '\\N', '\\N', 'f', 'f', 'f', now, now].join('\t')}\n`;
}
