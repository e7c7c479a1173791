import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readdir } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Where the programs of OpenLDAP lie and what their processes need to run. */
export type SlapdBinaries = {
  slapd: string;
  slapadd: string;
  ldapmodify: string;
  ldapsearch: string;
  modulePath: string;
  schemaPath: string;
  env: NodeJS.ProcessEnv;
};

const cacheFolder = join(import.meta.dirname, '../../.cache/slapd');
let found: Promise<SlapdBinaries> | undefined;

/**
 * Finds slapd and the LDAP tools. Missing ones are installed: by apt-get as root, as an ordinary user by unpacking
 * Debian's packages into `.cache/slapd`. Throws where neither works (no apt-get).
 */
export function slapdBinaries(): Promise<SlapdBinaries> {
  found ??= find();
  return found;
}

async function find(): Promise<SlapdBinaries> {
  if (process.env.SLAPD_UNPACK === undefined) {
    const installed = at('/');
    if (installed !== null) return installed;
    if (process.getuid?.() === 0) return await install();
  }
  return at(cacheFolder) ?? (await unpack());
}

function at(root: string): SlapdBinaries | null {
  const folders = [
    ...(root === '/' ? (process.env.PATH ?? '').split(delimiter) : []),
    join(root, 'usr/sbin'),
    join(root, 'usr/bin'),
  ];
  const program = (name: string): string | undefined =>
    folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
  const slapd = program('slapd');
  const ldapmodify = program('ldapmodify');
  const ldapsearch = program('ldapsearch');
  if (slapd === undefined || ldapmodify === undefined || ldapsearch === undefined) return null;
  const libraries = [
    'usr/lib/x86_64-linux-gnu',
    'usr/lib/aarch64-linux-gnu',
    'lib/x86_64-linux-gnu',
    'lib/aarch64-linux-gnu',
  ];
  return {
    slapd,
    // Debian links the slap* tools to slapd by absolute path: where unpacked, slapd itself is asked to be slapadd.
    slapadd: slapd,
    ldapmodify,
    ldapsearch,
    modulePath: join(root, 'usr/lib/ldap'),
    schemaPath: join(root, 'etc/ldap/schema'),
    env:
      root === '/'
        ? process.env
        : { ...process.env, LD_LIBRARY_PATH: libraries.map((path) => join(root, path)).join(delimiter) },
  };
}

async function install(): Promise<SlapdBinaries> {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
  const packages = ['install', '-y', '--no-install-recommends', 'slapd', 'ldap-utils'];
  await run('apt-get', packages, { env }).catch(async () => {
    await run('apt-get', ['update'], { env });
    await run('apt-get', packages, { env });
  });
  return at('/') ?? fail();
}

async function unpack(): Promise<SlapdBinaries> {
  const packages = join(cacheFolder, 'packages');
  await mkdir(packages, { recursive: true });
  const { stdout } = await run('apt-cache', ['depends', '--no-recommends', '--no-suggests', 'slapd', 'ldap-utils']);
  const libraries = [...stdout.matchAll(/Depends: (lib[\w.+-]+)/g)].map((match) => match[1] ?? '');
  const wanted = [...new Set(['slapd', 'ldap-utils', ...libraries.filter((name) => !name.startsWith('libc6'))])];
  await run('apt-get', ['download', ...wanted], { cwd: packages });
  for (const file of await readdir(packages)) await run('dpkg', ['-x', join(packages, file), cacheFolder]);
  return at(cacheFolder) ?? fail();
}

function fail(): never {
  throw new Error(
    'slapd is needed for these tests and could not be installed: install the packages slapd and ldap-utils',
  );
}
