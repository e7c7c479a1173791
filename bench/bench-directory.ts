import { compileMapping } from '../src/sync/map/compile-mapping.ts';
import { flagAttributes } from '../src/sync/source/ldap/account-flags.ts';
import type { LdifEntry } from '../test/support/ldap-ldif.ts';
import { people, person } from '../test/support/ldap-people.ts';
import { type SlapdOptions, startSlapd } from '../test/support/slapd.ts';
import { defaultMappings, ldapNames } from '../test/support/source-defaults.ts';
import type { ReadInput } from './row-process.ts';

/** `pid` is the process id of the server. */
export type BenchDirectory = ReadInput & {
  pid: number;
  /** Changes one attribute of `count` people, so that each of them has another value than before. */
  changePeople(count: number): Promise<void>;
  close(): Promise<void>;
};

/**
 * A slapd on loopback with `count` people of 22 attributes. Each person has another mail address, or all have `mail` if
 * it is given. All readers ask for the attributes of our default mapping. `server`: options of slapd.
 */
export async function startBenchDirectory(
  count: number,
  { mail, server = {} }: { mail?: string; server?: Pick<SlapdOptions, 'modules' | 'config'> } = {},
): Promise<BenchDirectory> {
  const { url, port, baseDn, bindDn, bindPassword, pid, change, close } = await startSlapd({
    ...server,
    entries: mail === undefined ? people(count) : sharing(people(count), mail),
  });
  const attributes = [...compileMapping(defaultMappings('LDAP'), ldapNames).attributes, 'entryUUID', ...flagAttributes];
  let changes = 0;
  const changePeople = async (few: number): Promise<void> => {
    changes++;
    const step = Math.floor(count / few);
    const records = Array.from({ length: few }, (_, i) => {
      const { dn } = person(i * step, baseDn);
      return `dn: ${dn}\nchangetype: modify\nreplace: l\nl: City ${changes}\n\n`;
    });
    await change(records.join(''));
  };
  return { url, port, bindDn, bindPassword, peopleDn: `ou=people,${baseDn}`, attributes, pid, changePeople, close };
}

function* sharing(entries: Iterable<LdifEntry>, mail: string): Generator<LdifEntry> {
  for (const { dn, attributes } of entries)
    yield { dn, attributes: attributes.mail === undefined ? attributes : { ...attributes, mail } };
}
