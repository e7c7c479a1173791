import { execFile } from 'node:child_process';
import { type LdifEntry, type LdifValue, ldifLine, toLdif } from './ldap-ldif.ts';
import { slapdBinaries } from './slapd-binaries.ts';

/** Changes to a directory. When a promise resolves, its change is done. */
export type LdapChanges = {
  add(dn: string, attributes: LdifEntry['attributes']): Promise<void>;
  /** Replaces the values of the named attributes; an empty list removes the attribute. */
  modify(dn: string, attributes: Record<string, LdifValue | LdifValue[]>): Promise<void>;
  rename(dn: string, newRdn: string, newParent?: string): Promise<void>;
  delete(dn: string): Promise<void>;
  /** Takes the input of ldapmodify. A record without `changetype` is added. */
  change(ldif: string): Promise<void>;
};

/** The account that makes the changes, and the server's URL. `caFile`: the CA to trust, for an ldaps URL. */
export type LdapAccount = { url: string; dn: string; password: string; caFile?: string };

/** Changes a directory with OpenLDAP's command-line tools. */
export function changesBy(account: LdapAccount): LdapChanges {
  const change = async (ldif: string): Promise<void> => {
    await runTool('ldapmodify', account, ['-a'], ldif);
  };
  return {
    change,
    add: (dn, attributes) => change(toLdif({ dn, attributes })),
    modify: (dn, attributes) => change(modification(dn, attributes)),
    rename: (dn, newRdn, newParent) => change(renaming(dn, newRdn, newParent)),
    delete: (dn) => change(`${ldifLine('dn', dn)}changetype: delete\n`),
  };
}

/** The output of `ldapsearch`, one line per attribute. `search`: its arguments, filter and attributes. */
export function searchLines(account: LdapAccount, search: string[]): Promise<string> {
  return runTool('ldapsearch', account, ['-LLL', '-o', 'ldif-wrap=no', ...search], '');
}

async function runTool(
  tool: 'ldapmodify' | 'ldapsearch',
  { url, dn, password, caFile }: LdapAccount,
  args: string[],
  input: string,
): Promise<string> {
  const binaries = await slapdBinaries();
  const env = { ...binaries.env, ...(caFile === undefined ? {} : { LDAPTLS_CACERT: caFile }) };
  return await execute(binaries[tool], ['-x', '-H', url, '-D', dn, '-w', password, ...args], env, input);
}

/** Runs a program to its end and returns its output. Throws with its error output when it fails. */
export function execute(
  program: string,
  args: string[],
  env: NodeJS.ProcessEnv = process.env,
  input = '',
): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = execFile(program, args, { env, maxBuffer: 256 * 1024 * 1024 }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else reject(new Error(`${program} failed: ${stderr}`));
    });
    // A program may end without reading its input. Its exit code says whether that is an error.
    child.stdin?.on('error', () => {});
    child.stdin?.end(input);
  });
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
