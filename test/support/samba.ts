import { randomInt } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe } from '@jest/globals';
import { installPackages, libraryFolders } from './debian-packages.ts';
import { makeCertificate } from './ldap-certificates.ts';
import { changesBy, execute, type LdapAccount, type LdapChanges, searchLines } from './ldap-changes.ts';
import { type LdifEntry, toLdif } from './ldap-ldif.ts';
import { type ServerProcess, startServerProcess } from './server-process.ts';

export type SambaOptions = {
  /** Added over LDAP at the start, parents before children. See `sambaPerson`. */
  entries?: Iterable<LdifEntry>;
  /**
   * False: the server accepts passwords on ldap:// without TLS too. Default: it refuses them, like a real domain
   * controller.
   */
  strongAuth?: boolean;
  /** More lines for the global section of smb.conf. */
  config?: string[];
};

/**
 * A running domain controller on a separate loopback address, with the fixed ports of Active Directory: 389, 636, 3268
 * (global catalog). Its administrator makes all changes. When a promise resolves, its change is done.
 */
export type Samba = LdapChanges & {
  /** An ldaps:// URL, which needs `ca`. */
  url: string;
  /** An ldap:// URL. It refuses passwords before StartTLS, unless `strongAuth` is false. */
  plainUrl: string;
  address: string;
  /** PEM of the CA that signed the server's certificate. */
  ca: string;
  baseDn: string;
  /** An ordinary account of the domain. It may read nearly everything, but not the deletions of DirSync. */
  bindDn: string;
  bindPassword: string;
  adminDn: string;
  adminPassword: string;
  pid: number;
  /** The output of ldapsearch as the administrator. `args`, e.g. `['-b', dn, '-s', 'base', 'objectGUID']`. */
  search(args: string[]): Promise<string>;
  /** The output of Samba's tool `samba-tool`, which works on the database of the running server. It is slow. */
  tool(args: string[]): Promise<string>;
  /** Ends the process and removes its folder. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
};

const realm = 'EXAMPLE.TEST';
const baseDn = 'DC=example,DC=test';
const password = 'Reader-secret-1';
const program = '/usr/sbin/samba';
/** Debian's own Python, the only one for which Samba's bindings are built. */
const python = '/usr/bin/python3';
/** They are installed, not unpacked, because they need their fixed paths. */
const packages = ['samba', 'samba-dsdb-modules', 'samba-ad-provision', 'python3-samba'];
const services = ['smbd', 'nmbd', 'samba-ad-dc'];

/** The reason why no domain controller can run here, or null. */
const whyNot =
  process.platform !== 'linux' || process.getuid?.() !== 0
    ? "a domain controller listens on ports below 1024 and is installed by Debian's apt-get: that needs root"
    : null;

/**
 * A `describe` for tests against a domain controller. If none can run here, its name says that the tests were not run,
 * and why.
 */
export function describeSamba(name: string, tests: () => void): void {
  if (whyNot === null) describe(name, tests);
  else {
    console.warn(`"${name}" is not run: ${whyNot}.`);
    describe.skip(`${name} (NOT RUN: ${whyNot})`, tests);
  }
}

/** The timeout in milliseconds of a hook that starts the server. The packages may have to be fetched first. */
export const installMs = 600_000;

/** Makes a new domain and starts its domain controller, with only the LDAP service. Installs Samba if it is missing. */
export async function startSamba(options: SambaOptions = {}): Promise<Samba> {
  if (whyNot !== null) throw new Error(whyNot);
  if (!(await isInstalled())) await installPackages(packages, services);
  const folder = await mkdtemp(join(tmpdir(), 'samba-'));
  const address = `127.${randomInt(1, 255)}.${randomInt(1, 255)}.${randomInt(1, 255)}`;
  const caFile = join(folder, 'ca.pem');
  const ca = await writeFiles(folder, address, caFile, options);
  const smbConf = join(folder, 'smb.conf');
  try {
    await execute(python, [join(import.meta.dirname, 'provision-samba.py'), smbConf, realm, password, address]);
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
  const args = ['--foreground', '--model=single', '--debug-stdout', `--configfile=${smbConf}`];
  const server = await startServerProcess({ program, args, made: [folder], host: address, port: 636 });
  const dc = handle({ server, address, ca, caFile, smbConf });
  try {
    await fill(dc, options.entries ?? []);
  } catch (error) {
    await dc.close();
    throw error;
  }
  return dc;
}

/** Checks one file of each package. */
async function isInstalled(): Promise<boolean> {
  const modules = (await libraryFolders('/')).map((folder) => join(folder, 'samba/ldb/samba_dsdb.so'));
  const others = [program, '/usr/share/samba/setup', '/usr/lib/python3/dist-packages/samba'];
  return modules.some((path) => existsSync(path)) && others.every((path) => existsSync(path));
}

async function writeFiles(folder: string, address: string, caFile: string, options: SambaOptions): Promise<string> {
  const authority = makeCertificate({ commonName: 'Domain CA' });
  const { cert, key } = makeCertificate({
    commonName: 'dc1.example.test',
    hosts: [address, 'dc1.example.test'],
    issuer: authority,
  });
  await writeFile(caFile, authority.cert);
  await writeFile(join(folder, 'cert.pem'), cert);
  await writeFile(join(folder, 'key.pem'), key, { mode: 0o600 });
  await writeFile(join(folder, 'smb.conf'), config(folder, address, caFile, options));
  return authority.cert;
}

function config(folder: string, address: string, caFile: string, options: SambaOptions): string {
  const folders = ['private', 'lock', 'state', 'cache', 'pid'].map((name) => `${name} directory = ${folder}/${name}`);
  return [
    '[global]',
    'netbios name = DC1',
    `realm = ${realm}`,
    'workgroup = EXAMPLE',
    'server role = active directory domain controller',
    'server services = ldap',
    `interfaces = ${address}/8`,
    'bind interfaces only = yes',
    ...folders,
    `ncalrpc dir = ${folder}/ncalrpc`,
    `binddns dir = ${folder}/bind-dns`,
    `log file = ${folder}/log`,
    'tls enabled = yes',
    `tls keyfile = ${folder}/key.pem`,
    `tls certfile = ${folder}/cert.pem`,
    `tls cafile = ${caFile}`,
    `ldap server require strong auth = ${options.strongAuth === false ? 'no' : 'yes'}`,
    'ldb:nosync = true',
    ...(options.config ?? []),
    '[sysvol]',
    `path = ${folder}/sysvol`,
    '[netlogon]',
    `path = ${folder}/sysvol/scripts`,
    '',
  ].join('\n');
}

type Running = { server: ServerProcess; address: string; ca: string; caFile: string; smbConf: string };

function handle({ server, address, ca, caFile, smbConf }: Running): Samba {
  const url = `ldaps://${address}`;
  const admin: LdapAccount = { url, dn: `CN=Administrator,CN=Users,${baseDn}`, password, caFile };
  return {
    ...changesBy(admin),
    ...server,
    url,
    plainUrl: `ldap://${address}`,
    address,
    ca,
    baseDn,
    bindDn: readerDn,
    bindPassword: password,
    adminDn: admin.dn,
    adminPassword: password,
    search: (args) => searchLines(admin, args),
    tool: (args) => execute(python, ['/usr/bin/samba-tool', ...args, `--configfile=${smbConf}`]),
    [Symbol.asyncDispose]: server.close,
  };
}

const readerDn = `CN=reader,CN=Users,${baseDn}`;

async function fill(dc: Samba, entries: Iterable<LdifEntry>): Promise<void> {
  const reader = sambaPerson('reader', `CN=Users,${baseDn}`, sambaPassword());
  await dc.change([reader, ...entries].map(toLdif).join(''));
}

/** An enabled account below `parent`, `CN=<name>`, with the attributes that Active Directory gives it. */
export function sambaPerson(name: string, parent: string, attributes: LdifEntry['attributes'] = {}): LdifEntry {
  return {
    dn: `CN=${name.replace(/[,+"\\<>;=]/g, '\\$&')},${parent}`,
    attributes: {
      objectClass: 'user',
      sAMAccountName: name.replaceAll(/[^\w-]/g, '_').slice(0, 20),
      // The account is enabled and needs no password.
      userAccountControl: '544',
      ...attributes,
    },
  };
}

/** The attribute that sets an account's password. Default: the bind account's password. */
export function sambaPassword(text: string = password): { unicodePwd: Buffer } {
  return { unicodePwd: Buffer.from(`"${text}"`, 'utf16le') };
}
