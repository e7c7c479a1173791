import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { installPackages, libraryFolders, packageCache, unpackPackages } from './debian-packages.ts';

/** The places of OpenLDAP's programs, and what their processes need to run. */
export type SlapdBinaries = {
  slapd: string;
  slapadd: string;
  ldapmodify: string;
  ldapsearch: string;
  modulePath: string;
  schemaPath: string;
  env: NodeJS.ProcessEnv;
};

const cacheFolder = join(packageCache, 'slapd');
const packages = ['slapd', 'ldap-utils'];
let found: Promise<SlapdBinaries> | undefined;

/**
 * Finds slapd and the LDAP tools. Missing ones are installed by apt-get as root; for other users Debian's packages are
 * unpacked into `.cache/slapd`. Throws if neither works (no apt-get).
 */
export function slapdBinaries(): Promise<SlapdBinaries> {
  found ??= find();
  return found;
}

async function find(): Promise<SlapdBinaries> {
  if (process.env.SLAPD_UNPACK === undefined) {
    const installed = await at('/');
    if (installed !== null) return installed;
    if (process.getuid?.() === 0) {
      await installPackages(packages, ['slapd']);
      return (await at('/')) ?? fail();
    }
  }
  await unpackPackages(cacheFolder, packages);
  return (await at(cacheFolder)) ?? fail();
}

async function at(root: string): Promise<SlapdBinaries | null> {
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
  return {
    slapd,
    // Debian's slap* tools are links to slapd with an absolute path. If unpacked, slapd itself is started as slapadd.
    slapadd: slapd,
    ldapmodify,
    ldapsearch,
    modulePath: join(root, 'usr/lib/ldap'),
    schemaPath: join(root, 'etc/ldap/schema'),
    env: root === '/' ? process.env : { ...process.env, LD_LIBRARY_PATH: (await libraryFolders(root)).join(delimiter) },
  };
}

function fail(): never {
  throw new Error(
    'slapd is needed for these tests and could not be installed: install the packages slapd and ldap-utils',
  );
}
