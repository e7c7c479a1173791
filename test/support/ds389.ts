import { createHash, randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { basename, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout } from 'node:timers/promises';
import { type Ds389Binaries, ds389Binaries } from './ds389-binaries.ts';
import { makeCertificate } from './ldap-certificates.ts';
import { changesBy, execute, type LdapAccount, type LdapChanges, searchLines } from './ldap-changes.ts';
import { type LdifEntry, toLdif } from './ldap-ldif.ts';
import { freePort, type ServerProcess, startServerProcess } from './server-process.ts';

export type Ds389Options = {
  /** Default `dc=example,dc=org`. Its entry and the bind account's entry are always created. */
  baseDn?: string;
  /** Imported before the start, parents before children. They have an nsUniqueId, but no entryUUID and no memberOf. */
  imported?: Iterable<LdifEntry>;
  /** Added over LDAP after the start, parents before children, so that all plug-ins see them. */
  entries?: Iterable<LdifEntry>;
  /** Turns on the memberOf plug-in (for member and uniqueMember, with groups in groups). */
  memberOf?: boolean;
  /** Turns on the retro change log, `cn=changelog`, with nsUniqueId; the bind account may read it and its settings. */
  retroChangelog?: boolean;
  /** Turns on RFC 4533 (Content Synchronization), which needs the retro change log and turns it on as well. */
  contentSync?: boolean;
  /** Makes it a supplier of replication, so that deleted entries stay as tombstones. */
  tombstones?: boolean;
  /** Limits of the bind account, e.g. `{ nsSizeLimit: '10', nsLookThroughLimit: '50' }`; default: unlimited. */
  limits?: Record<string, string>;
  /**
   * The accounts that the base entry's ACI lets read everything. Default: the bind account. Null: no account, so that a
   * search finds nothing.
   */
  readers?: string | null;
};

/**
 * A running 389 Directory Server on loopback. Its administrator makes all changes. When a promise resolves, its change
 * is done.
 */
export type Ds389 = LdapChanges & {
  url: string;
  ldapsUrl: string;
  port: number;
  /** PEM of the CA that signed the server's certificate. */
  ca: string;
  baseDn: string;
  /**
   * An account that may read everything, within `limits`. It can always use persistent search
   * (2.16.840.1.113730.3.4.3).
   */
  bindDn: string;
  bindPassword: string;
  adminDn: string;
  adminPassword: string;
  pid: number;
  /** The output of ldapsearch as the administrator. `args`, e.g. `['-b', dn, '-s', 'base', 'nsUniqueId']`. */
  search(args: string[]): Promise<string>;
  /** Imports a file of LDIF in place of all people, while the server runs. */
  importOnline(file: string): Promise<void>;
  /** Ends the process and removes its files. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
};

const password = 'reader-secret';
const adminDn = 'cn=Directory Manager';

/**
 * Starts a real 389 Directory Server on free loopback ports, in a temporary folder. It runs as the user of the test.
 */
export async function startDs389(options: Ds389Options = {}): Promise<Ds389> {
  const binaries = await ds389Binaries();
  const folder = await mkdtemp(join(tmpdir(), 'ds389-'));
  const instance: Instance = {
    folder,
    baseDn: options.baseDn ?? 'dc=example,dc=org',
    port: await freePort(),
    ldapsPort: await freePort(),
    binaries,
  };
  try {
    const ca = await makeInstance(instance, options);
    await importEntries(instance, options);
    const args = ['-d', '0', '-D', homeOf(folder), '-i', join(folder, 'run/pid')];
    const program = binaries.program('ns-slapd');
    // The server keeps counters in shared memory, named after the folder of the instance.
    const made = [folder, `/dev/shm/sem.${basename(folder)}.stats`];
    const command = { program, args, env: binaries.env, made, port: instance.port };
    const server = handle(instance, ca, await startServerProcess(command));
    await prepare(server, options).catch(async (error: unknown) => {
      await server.close();
      throw error;
    });
    return server;
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

/**
 * The folder that the server's shared memory is named after. The name is the last part of the path, so it must differ
 * for each server.
 */
function homeOf(folder: string): string {
  return join(folder, basename(folder));
}

type Instance = { folder: string; baseDn: string; port: number; ldapsPort: number; binaries: Ds389Binaries };

/** Writes configuration, schema and certificates. Returns the PEM of the CA. */
async function makeInstance({ folder, baseDn, port, ldapsPort, binaries }: Instance, options: Ds389Options) {
  for (const name of ['certificates', 'run', 'log', 'db', 'other']) await mkdir(join(folder, name));
  const home = homeOf(folder);
  await cp(binaries.config, home, { recursive: true });
  // The server looks for its schema here if it is not installed on the machine.
  for (const schema of binaries.schemas) await cp(schema, join(home, 'schema'), { recursive: true });
  const values: Record<string, string> = {
    schema_dir: join(home, 'schema'),
    cert_dir: join(folder, 'certificates'),
    inst_dir: home,
    config_dir: home,
    run_dir: join(folder, 'run'),
    log_dir: join(folder, 'log'),
    db_dir: join(folder, 'db'),
    db_home_dir: join(folder, 'db'),
    db_lib: 'bdb',
    fqdn: 'localhost',
    ds_port: [`${port}`, ...settings(ldapsPort)].join('\n'),
    ds_user: userInfo().username,
    ds_passwd: salted(password),
    ds_suffix: baseDn,
    ds_bename: 'people',
    rootdn: adminDn,
    ldapi: join(folder, 'run/ldapi'),
    ldapi_enabled: 'off',
    ldapi_autobind: 'off',
  };
  const templates = ['template-dse.ldif', 'template-suffix-db.ldif'].map((name) => join(binaries.templates, name));
  const texts = [...(await Promise.all(templates.map((path) => readFile(path, 'utf8')))), ...entryUuidPlugins];
  const filled = texts.map((text) =>
    text.replace(/%(\w+)%/g, (_, name: string) => values[name] ?? join(folder, 'other')),
  );
  const entries = filled.flatMap((text) => text.split(/\n{2,}/)).filter((entry) => /^dn:/m.test(entry));
  const dse = entries.map((entry) => configured(entry.trim(), binaries.plugins, options));
  await writeFile(join(home, 'dse.ldif'), `${dse.join('\n\n')}\n`);
  return await storeCertificates(folder, binaries);
}

/** Settings that the template does not have. */
function settings(ldapsPort: number): string[] {
  return [
    'nsslapd-listenhost: 127.0.0.1',
    'nsslapd-securelistenhost: 127.0.0.1',
    `nsslapd-secureport: ${ldapsPort}`,
    'nsslapd-security: on',
    // Without this, a bind can change the stored hash, and the change log would show it.
    'nsslapd-enable-upgrade-hash: off',
  ];
}

/** Plug-ins that an installed server adds by itself. It looks only at the paths of an installation. */
const entryUuidPlugins = [
  entryUuidPlugin('entryuuid', 'libentryuuid-plugin', 'betxnpreoperation'),
  entryUuidPlugin('entryuuid_syntax', 'libentryuuid-syntax-plugin', 'syntax'),
];

function entryUuidPlugin(cn: string, path: string, type: string): string {
  return toLdif({
    dn: `cn=${cn},cn=plugins,cn=config`,
    attributes: {
      objectClass: ['top', 'nsSlapdPlugin'],
      cn,
      'nsslapd-pluginpath': path,
      'nsslapd-plugininitfunc': `${cn}_plugin_init`,
      'nsslapd-plugintype': type,
      'nsslapd-pluginenabled': 'on',
      'nsslapd-pluginId': cn,
      'nsslapd-pluginVersion': 'none',
      'nsslapd-pluginVendor': '389 Project',
      'nsslapd-pluginDescription': cn,
    },
  });
}

/**
 * An entry of the template, adapted to this instance: with the plug-ins' paths, and the requested plug-ins turned on.
 */
function configured(entry: string, plugins: string, options: Ds389Options): string {
  const placed = entry.replace(
    /^(nsslapd-pluginpath: )(lib)/im,
    (_, name: string, start: string) => `${name}${plugins}/${start}`,
  );
  const on = (more: string[] = []): string =>
    [placed.replace(/^(nsslapd-pluginenabled: )off/im, '$1on'), ...more].join('\n');
  const { memberOf, retroChangelog, contentSync } = options;
  if (memberOf === true && /^cn: MemberOf Plugin$/im.test(entry))
    return on(['memberOfGroupAttr: uniqueMember', 'memberOfAutoAddOC: nsMemberOf']);
  if ((retroChangelog === true || contentSync === true) && /^cn: Retro Changelog Plugin$/im.test(entry))
    return on(['nsslapd-attribute: nsuniqueid:targetUniqueId']);
  if (contentSync === true && /^cn: Content Synchronization$/im.test(entry)) return on();
  return placed;
}

async function storeCertificates(folder: string, binaries: Ds389Binaries): Promise<string> {
  const authority = makeCertificate({ commonName: 'Test CA' });
  const hosts = ['localhost', 'ldap.example.org', '127.0.0.1'];
  const { cert, key } = makeCertificate({ commonName: 'localhost', hosts, issuer: authority });
  const [pem, caPem, bundle] = ['server.pem', 'ca.pem', 'server.p12'].map((name) => join(folder, 'other', name)) as [
    string,
    string,
    string,
  ];
  await mkdir(join(folder, 'other'), { recursive: true });
  await writeFile(pem, cert + key, { mode: 0o600 });
  await writeFile(caPem, authority.cert);
  const store = ['-d', join(folder, 'certificates')];
  const run = (program: string, args: string[]) => execute(binaries.program(program), args, binaries.env);
  await run('certutil', ['-N', ...store, '--empty-password']);
  await run('openssl', ['pkcs12', '-export', '-in', pem, '-name', 'Server-Cert', '-passout', 'pass:', '-out', bundle]);
  await run('pk12util', ['-i', bundle, ...store, '-W', '', '-K', '']);
  await run('certutil', ['-A', ...store, '-n', 'Test CA', '-t', 'CT,,', '-a', '-i', caPem]);
  return authority.cert;
}

async function importEntries({ folder, baseDn, binaries }: Instance, options: Ds389Options): Promise<void> {
  const file = join(folder, 'other/import.ldif');
  await pipeline(Readable.from(ldif(baseDn, options)), createWriteStream(file));
  const args = ['ldif2db', '-D', homeOf(folder), '-n', 'people', '-i', file];
  await execute(binaries.program('ns-slapd'), args, binaries.env);
  await rm(file);
}

function* ldif(baseDn: string, { imported, limits, readers }: Ds389Options): Generator<string> {
  const [, type = 'dc', value = 'example'] = /^([^=]+)=([^,]+)/.exec(baseDn) ?? [];
  const objectClass = ['top', type.toLowerCase() === 'o' ? 'organization' : 'domain'];
  const reader = `cn=reader,${baseDn}`;
  const who = readers === undefined ? `ldap:///${reader}` : readers;
  const aci = `(targetattr="*")(version 3.0; acl "readers"; allow (read,search,compare) userdn="${who}";)`;
  yield toLdif({ dn: baseDn, attributes: { objectClass, [type]: value, ...(who === null ? {} : { aci }) } });
  const unlimited = { nsSizeLimit: '-1', nsPagedSizeLimit: '-1', nsLookThroughLimit: '-1', nsTimeLimit: '-1' };
  const account = { objectClass: ['top', 'person'], cn: 'reader', sn: 'reader', userPassword: salted(password) };
  yield toLdif({ dn: reader, attributes: { ...account, ...unlimited, ...limits } });
  for (const entry of imported ?? []) yield toLdif(entry);
}

function handle({ folder, baseDn, port, ldapsPort }: Instance, ca: string, process: ServerProcess): Ds389 {
  const url = `ldap://127.0.0.1:${port}`;
  const ldapsUrl = `ldaps://127.0.0.1:${ldapsPort}`;
  // Over ldaps, because a test can make the server refuse plain connections.
  const admin: LdapAccount = { url: ldapsUrl, dn: adminDn, password, caFile: join(folder, 'other/ca.pem') };
  return {
    ...changesBy(admin),
    ...process,
    url,
    ldapsUrl,
    port,
    ca,
    baseDn,
    bindDn: `cn=reader,${baseDn}`,
    bindPassword: password,
    adminDn,
    adminPassword: password,
    search: (args) => searchLines(admin, args),
    importOnline: (file) => importOnline(admin, file),
    [Symbol.asyncDispose]: process.close,
  };
}

async function importOnline(admin: LdapAccount, file: string): Promise<void> {
  const cn = `import ${randomBytes(4).toString('hex')}`;
  const task = `cn=${cn},cn=import,cn=tasks,cn=config`;
  const attributes = { objectClass: ['top', 'extensibleObject'], cn, nsInstance: 'people', nsFilename: file };
  await changesBy(admin).add(task, attributes);
  const exitCode = /^nsTaskExitCode: (\d+)$/m;
  for (;;) {
    const code = exitCode.exec(await searchLines(admin, ['-b', task, '-s', 'base', 'nsTaskExitCode']))?.[1];
    if (code === '0') return;
    if (code !== undefined) throw new Error(`The import failed with code ${code}.`);
    await setTimeout(100);
  }
}

/** Creates what can only be created while the server runs. */
async function prepare(server: Ds389, options: Ds389Options): Promise<void> {
  if (options.retroChangelog === true || options.contentSync === true) {
    const aci = `(targetattr="*")(version 3.0; acl "readers"; allow (read,search,compare) userdn="ldap:///${server.bindDn}";)`;
    for (const dn of ['cn=changelog', 'cn=Retro Changelog Plugin,cn=plugins,cn=config'])
      await server.modify(dn, { aci });
  }
  if (options.tombstones === true) await server.change(toLdif(replica(server.baseDn)));
  const entries = [...(options.entries ?? [])];
  if (entries.length > 0) await server.change(entries.map(toLdif).join(''));
}

function replica(baseDn: string): LdifEntry {
  return {
    dn: `cn=replica,cn=${baseDn.replace(/[=,]/g, '\\$&')},cn=mapping tree,cn=config`,
    attributes: {
      objectClass: ['top', 'nsDS5Replica'],
      cn: 'replica',
      nsDS5ReplicaRoot: baseDn,
      nsDS5ReplicaId: '1',
      // A supplier with consumers keeps tombstones.
      nsDS5ReplicaType: '3',
      nsDS5Flags: '1',
      nsDS5ReplicaBindDN: 'cn=replication manager,cn=config',
    },
  };
}

function salted(text: string): string {
  const salt = randomBytes(8);
  const hash = createHash('sha1').update(text).update(salt).digest();
  return `{SSHA}${Buffer.concat([hash, salt]).toString('base64')}`;
}
