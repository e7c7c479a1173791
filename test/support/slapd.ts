import { createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type Certificate, makeCertificate } from './ldap-certificates.ts';
import { changesBy, execute, type LdapAccount, type LdapChanges, searchLines } from './ldap-changes.ts';
import { type LdifEntry, toLdif } from './ldap-ldif.ts';
import { freePort, type ServerProcess, startServerProcess } from './server-process.ts';
import { type SlapdBinaries, slapdBinaries } from './slapd-binaries.ts';

export type SlapdOptions = {
  /** Default `dc=example,dc=org`. Its entry and the bind account's entry are always created. */
  baseDn?: string;
  /** Loaded by slapadd before the start, parents before children. */
  entries?: Iterable<LdifEntry>;
  /** More entries as LDIF text, loaded after `entries`. */
  ldif?: string;
  /**
   * Limits of the bind account in slapd.conf, e.g. `size=100 time=5` or `size.prtotal=disabled`. Default: unlimited.
   */
  limits?: string;
  /**
   * Access rules of slapd.conf, e.g. `to … by * none`. They come before those that let the bind account read
   * everything.
   */
  access?: string[];
  /** More lines for the database's section of slapd.conf. */
  config?: string[];
  /** More modules, e.g. `ppolicy` for `overlay ppolicy` in `config`. */
  modules?: string[];
  /** Turns on the memberof overlay. It works only for later writes, because slapadd runs no overlays. */
  memberOf?: boolean;
  /** The certificate for ldaps:// and StartTLS. Left out: a valid one for localhost, ldap.example.org and 127.0.0.1. */
  certificate?: Certificate;
  /**
   * The server asks for client certificates; with `demand` it requires them. Certificates of this CA sign in as
   * `cn=<their name>,<baseDn>`.
   */
  clients?: { ca: string; verify: 'try' | 'demand' };
  /** The CA that clients need to verify `certificate`. The result has it as `ca`. */
  ca?: string;
};

/** A running slapd on loopback. Its administrator makes all changes. When a promise resolves, its change is done. */
export type Slapd = LdapChanges & {
  url: string;
  ldapsUrl: string;
  port: number;
  ldapsPort: number;
  /** PEM of the CA that signed the server's certificate. */
  ca: string;
  baseDn: string;
  /** An account that may read everything, within `limits`. */
  bindDn: string;
  bindPassword: string;
  adminDn: string;
  adminPassword: string;
  readonly pid: number;
  /** Kills the process. */
  kill(): Promise<void>;
  /** Starts it again after it was killed. `limits` replaces the limits of the bind account until the next start. */
  restart(limits?: string): Promise<void>;
  /** Empties the directory and loads other entries, parents before children. The base and the bind account stay. */
  refill(entries: Iterable<LdifEntry>): Promise<void>;
  /** Ends the process and removes its folder. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
};

const password = 'reader-secret';

/** Starts a real slapd (mdb) with these people, on free loopback ports, in a temporary folder. */
export async function startSlapd(options: SlapdOptions = {}): Promise<Slapd> {
  const binaries = await slapdBinaries();
  const folder = await mkdtemp(join(tmpdir(), 'slapd-'));
  try {
    const baseDn = options.baseDn ?? 'dc=example,dc=org';
    const ca = await writeFiles(folder, baseDn, options, binaries);
    await loadEntries(folder, baseDn, options, binaries);
    const [port, ldapsPort] = [await freePort(), await freePort()];
    const listen = `ldap://127.0.0.1:${port} ldaps://127.0.0.1:${ldapsPort}`;
    const args = ['-d', '0', '-f', join(folder, 'slapd.conf'), '-h', listen];
    const start = async (limits = options.limits) => {
      await writeFile(join(folder, 'slapd.conf'), config(folder, baseDn, { ...options, limits }, binaries));
      return startServerProcess({ program: binaries.slapd, args, env: binaries.env, made: [folder], port });
    };
    return handle({ baseDn, ca, port, ldapsPort, start, server: await start() });
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

async function writeFiles(
  folder: string,
  baseDn: string,
  options: SlapdOptions,
  binaries: SlapdBinaries,
): Promise<string> {
  const authority = makeCertificate({ commonName: 'Test CA' });
  const certificate =
    options.certificate ??
    makeCertificate({
      commonName: 'localhost',
      hosts: ['localhost', 'ldap.example.org', '127.0.0.1'],
      issuer: authority,
    });
  await mkdir(join(folder, 'db'));
  await writeFile(join(folder, 'cert.pem'), certificate.cert);
  await writeFile(join(folder, 'key.pem'), certificate.key, { mode: 0o600 });
  if (options.clients !== undefined) await writeFile(join(folder, 'clients.pem'), options.clients.ca);
  await writeFile(join(folder, 'slapd.conf'), config(folder, baseDn, options, binaries));
  return options.ca ?? authority.cert;
}

function config(
  folder: string,
  baseDn: string,
  options: SlapdOptions,
  { modulePath, schemaPath }: SlapdBinaries,
): string {
  const schemas = ['core', 'cosine', 'inetorgperson', 'nis'].map((name) => `include ${schemaPath}/${name}.schema`);
  const overlay = options.memberOf === true ? ['overlay memberof', 'memberof-refint TRUE'] : [];
  return [
    ...schemas,
    `modulepath ${modulePath}`,
    'moduleload back_mdb',
    ...['memberof', ...(options.modules ?? [])].map((name) => `moduleload ${name}`),
    `pidfile ${folder}/slapd.pid`,
    `TLSCertificateFile ${folder}/cert.pem`,
    `TLSCertificateKeyFile ${folder}/key.pem`,
    ...(options.clients === undefined
      ? []
      : [
          `TLSCACertificateFile ${folder}/clients.pem`,
          `TLSVerifyClient ${options.clients.verify}`,
          `authz-regexp "^cn=([^,]+)$" "cn=$1,${baseDn}"`,
        ]),
    'sockbuf_max_incoming_auth 67108863',
    'database mdb',
    `suffix "${baseDn}"`,
    `rootdn "cn=admin,${baseDn}"`,
    `rootpw ${password}`,
    `directory ${folder}/db`,
    'maxsize 8589934592',
    'dbnosync',
    'index objectClass,entryUUID,mail,uid,member,memberOf eq',
    'access to attrs=userPassword by anonymous auth by * none',
    ...(options.access ?? []).map((rule) => `access ${rule}`),
    `access to * by dn.exact="cn=reader,${baseDn}" read by * none`,
    `limits dn.exact="cn=reader,${baseDn}" ${options.limits ?? 'size=unlimited time=unlimited'}`,
    ...(options.config ?? []),
    ...overlay,
    '',
  ].join('\n');
}

async function loadEntries(
  folder: string,
  baseDn: string,
  options: SlapdOptions,
  binaries: SlapdBinaries,
): Promise<void> {
  const file = join(folder, 'load.ldif');
  await pipeline(Readable.from(ldif(baseDn, options)), createWriteStream(file));
  await execute(binaries.slapadd, ['-Tadd', '-q', '-f', join(folder, 'slapd.conf'), '-l', file], binaries.env);
  await rm(file);
}

function* ldif(baseDn: string, options: SlapdOptions): Generator<string> {
  const [, type = 'dc', value = 'example'] = /^([^=]+)=([^,]+)/.exec(baseDn) ?? [];
  const objectClass = type.toLowerCase() === 'o' ? ['organization'] : ['dcObject', 'organization'];
  yield toLdif({
    dn: baseDn,
    attributes: { objectClass, [type]: value, ...(type.toLowerCase() === 'o' ? {} : { o: value }) },
  });
  yield toLdif(reader(baseDn));
  let block = '';
  for (const entry of options.entries ?? []) {
    block += toLdif(entry);
    if (block.length > 65_536) {
      yield block;
      block = '';
    }
  }
  yield block;
  yield `${options.ldif ?? ''}\n`;
}

function reader(baseDn: string): LdifEntry {
  return {
    dn: `cn=reader,${baseDn}`,
    attributes: { objectClass: ['organizationalRole', 'simpleSecurityObject'], cn: 'reader', userPassword: password },
  };
}

type Running = {
  baseDn: string;
  ca: string;
  port: number;
  ldapsPort: number;
  start(limits?: string): Promise<ServerProcess>;
  server: ServerProcess;
};

function handle({ baseDn, ca, port, ldapsPort, start, ...running }: Running): Slapd {
  let { server } = running;
  const url = `ldap://127.0.0.1:${port}`;
  const admin: LdapAccount = { url, dn: `cn=admin,${baseDn}`, password };
  const changes = changesBy(admin);
  const refill = async (entries: Iterable<LdifEntry>): Promise<void> => {
    const found = await searchLines(admin, ['-s', 'sub', '-b', baseDn, '1.1']);
    const dns = found.split('\n').filter((line) => line.startsWith('dn:'));
    const below = dns.filter((line) => line !== `dn: ${baseDn}`).sort((a, b) => depthOf(b) - depthOf(a));
    const gone = below.map((line) => `${line}\nchangetype: delete\n\n`).join('');
    await changes.change(gone + [reader(baseDn), ...entries].map(toLdif).join(''));
  };
  return {
    ...changes,
    get pid() {
      return server.pid;
    },
    kill: () => server.kill(),
    restart: async (limits) => {
      server = await start(limits);
    },
    close: () => server.close(),
    url,
    ldapsUrl: `ldaps://127.0.0.1:${ldapsPort}`,
    port,
    ldapsPort,
    ca,
    baseDn,
    bindDn: `cn=reader,${baseDn}`,
    bindPassword: password,
    adminDn: admin.dn,
    adminPassword: password,
    refill,
    [Symbol.asyncDispose]: () => server.close(),
  };
}

/** The depth of an entry, given its LDIF line. Children are deeper than their parents. */
function depthOf(line: string): number {
  const dn = line.startsWith('dn:: ') ? Buffer.from(line.slice(5), 'base64').toString() : line;
  return dn.replace(/\\./g, '').split(',').length;
}
