import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type Certificate, makeCertificate } from './ldap-certificates.ts';
import { type LdifEntry, type LdifValue, ldifLine, toLdif } from './ldap-ldif.ts';
import { type SlapdBinaries, slapdBinaries } from './slapd-binaries.ts';

export type SlapdOptions = {
  /** Default `dc=example,dc=org`; its entry, and the bind account's, are made by themselves. */
  baseDn?: string;
  /** Loaded at the start by slapadd, parents before children. */
  entries?: Iterable<LdifEntry>;
  /** The same as LDIF text, after `entries`. */
  ldif?: string;
  /** slapd.conf limits of the bind account, e.g. `size=100 time=5` or `size.prtotal=disabled`; default: unlimited. */
  limits?: string;
  /** Access rules of slapd.conf before those that let the bind account read everything, e.g. `to … by * none`. */
  access?: string[];
  /** Further lines of the database's section of slapd.conf. */
  config?: string[];
  /** Further modules, e.g. `ppolicy` for `overlay ppolicy` in `config`. */
  modules?: string[];
  /** Turns on the memberof overlay (for what is written later: slapadd runs no overlays). */
  memberOf?: boolean;
  /** Served on ldaps:// and by StartTLS. Left out: a good one for localhost, ldap.example.org and 127.0.0.1. */
  certificate?: Certificate;
  /** Trusted by clients that check `certificate`; goes into `ca`. */
  ca?: string;
};

/** A running slapd on loopback. All changes are made as its administrator and are done when the promise is. */
export type Slapd = {
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
  pid: number;
  add(dn: string, attributes: LdifEntry['attributes']): Promise<void>;
  /** Replaces the values of the named attributes; an empty list removes the attribute. */
  modify(dn: string, attributes: Record<string, LdifValue | LdifValue[]>): Promise<void>;
  rename(dn: string, newRdn: string, newParent?: string): Promise<void>;
  delete(dn: string): Promise<void>;
  /** Anything that ldapmodify understands; a record without `changetype` is added. */
  change(ldif: string): Promise<void>;
  /** Empties the directory and loads other entries, parents before children; the base and the bind account stay. */
  refill(entries: Iterable<LdifEntry>): Promise<void>;
  /** Ends the process and removes its folder. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
};

const password = 'reader-secret';

/** Starts a real slapd (mdb, on free loopback ports, in a temporary folder) with the given people in it. */
export async function startSlapd(options: SlapdOptions = {}): Promise<Slapd> {
  const binaries = await slapdBinaries();
  const folder = await mkdtemp(join(tmpdir(), 'slapd-'));
  try {
    const baseDn = options.baseDn ?? 'dc=example,dc=org';
    const ca = await writeFiles(folder, baseDn, options, binaries);
    await loadEntries(folder, baseDn, options, binaries);
    const [port, ldapsPort] = [await freePort(), await freePort()];
    const server = await startServer(folder, port, ldapsPort, binaries);
    return handle({ folder, baseDn, ca, port, ldapsPort, server, binaries });
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
  await execute(binaries, binaries.slapadd, ['-Tadd', '-q', '-f', join(folder, 'slapd.conf'), '-l', file]);
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

async function startServer(
  folder: string,
  port: number,
  ldapsPort: number,
  { slapd, env }: SlapdBinaries,
): Promise<ChildProcess> {
  const listen = `ldap://127.0.0.1:${port} ldaps://127.0.0.1:${ldapsPort}`;
  const server = spawn(slapd, ['-d', '0', '-f', join(folder, 'slapd.conf'), '-h', listen], {
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  server.stderr?.on('data', (chunk: Buffer) => {
    said = (said + chunk.toString()).slice(-2000);
  });
  const ended = once(server, 'exit').then(() => Promise.reject(new Error(`slapd ended at its start: ${said}`)));
  ended.catch(() => {});
  await Promise.race([accepting(port), ended]);
  return server;
}

/** Resolves when something listens; slapd answers what it accepted as soon as it is ready. */
async function accepting(port: number): Promise<void> {
  for (;;) {
    const socket = connect(port, '127.0.0.1');
    const open = await once(socket, 'connect').then(
      () => true,
      () => false,
    );
    socket.destroy();
    if (open) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** A loopback port that nothing listened on a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

type Running = {
  folder: string;
  baseDn: string;
  ca: string;
  port: number;
  ldapsPort: number;
  server: ChildProcess;
  binaries: SlapdBinaries;
};

function handle({ folder, baseDn, ca, port, ldapsPort, server, binaries }: Running): Slapd {
  const url = `ldap://127.0.0.1:${port}`;
  const adminDn = `cn=admin,${baseDn}`;
  const change = async (text: string): Promise<void> => {
    await execute(binaries, binaries.ldapmodify, ['-x', '-a', '-H', url, '-D', adminDn, '-w', password], text);
  };
  const refill = async (entries: Iterable<LdifEntry>): Promise<void> => {
    const session = ['-x', '-H', url, '-D', adminDn, '-w', password];
    const all = ['-s', 'sub', '-b', baseDn, '-LLL', '-o', 'ldif-wrap=no', '1.1'];
    const found = await execute(binaries, binaries.ldapsearch, [...session, ...all]);
    const dns = found.split('\n').filter((line) => line.startsWith('dn:'));
    const below = dns.filter((line) => line !== `dn: ${baseDn}`).sort((a, b) => depthOf(b) - depthOf(a));
    const gone = below.map((line) => `${line}\nchangetype: delete\n\n`).join('');
    await change(gone + [reader(baseDn), ...entries].map(toLdif).join(''));
  };
  const kill = (): boolean => server.kill('SIGKILL');
  process.once('exit', kill);
  const close = async (): Promise<void> => {
    process.off('exit', kill);
    if (server.exitCode === null && server.signalCode === null) {
      server.kill('SIGKILL');
      await once(server, 'exit');
    }
    await rm(folder, { recursive: true, force: true });
  };
  return {
    url,
    ldapsUrl: `ldaps://127.0.0.1:${ldapsPort}`,
    port,
    ldapsPort,
    ca,
    baseDn,
    bindDn: `cn=reader,${baseDn}`,
    bindPassword: password,
    adminDn,
    adminPassword: password,
    pid: server.pid ?? 0,
    add: (dn, attributes) => change(toLdif({ dn, attributes })),
    modify: (dn, attributes) => change(modification(dn, attributes)),
    rename: (dn, newRdn, newParent) => change(renaming(dn, newRdn, newParent)),
    delete: (dn) => change(`${ldifLine('dn', dn)}changetype: delete\n`),
    change,
    refill,
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** Of an entry by its LDIF line: children lie deeper than their parents. */
function depthOf(line: string): number {
  const dn = line.startsWith('dn:: ') ? Buffer.from(line.slice(5), 'base64').toString() : line;
  return dn.replace(/\\./g, '').split(',').length;
}

function modification(dn: string, attributes: Record<string, LdifValue | LdifValue[]>): string {
  const lines = [ldifLine('dn', dn), 'changetype: modify\n'];
  for (const [name, values] of Object.entries(attributes)) {
    lines.push(`replace: ${name}\n`);
    for (const value of Array.isArray(values) ? values : [values]) lines.push(ldifLine(name, value));
    lines.push('-\n');
  }
  return lines.join('');
}

function renaming(dn: string, newRdn: string, newParent: string | undefined): string {
  const parent = newParent === undefined ? '' : ldifLine('newsuperior', newParent);
  return `${ldifLine('dn', dn)}changetype: modrdn\n${ldifLine('newrdn', newRdn)}deleteoldrdn: 1\n${parent}`;
}

function execute({ env }: SlapdBinaries, program: string, args: string[], input = ''): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = execFile(program, args, { env }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else reject(new Error(`${program} failed: ${stderr}`));
    });
    // A program that ends without reading its input tells by its exit code whether that was well.
    child.stdin?.on('error', () => {});
    child.stdin?.end(input);
  });
}
