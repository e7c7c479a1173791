import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type Ds389, startDs389 } from '../support/ds389.ts';
import { ldapSettings, readEverybody } from '../support/ldap-reading.ts';

const baseDn = 'dc=example,dc=org';
let server: Ds389;

const person = (uid: string, attributes: Record<string, string> = {}) => ({
  dn: `uid=${uid},ou=people,${baseDn}`,
  attributes: { objectClass: 'inetOrgPerson', cn: uid, sn: uid, mail: `${uid}@example.org`, ...attributes },
});

beforeAll(async () => {
  server = await startDs389({
    imported: [{ dn: `ou=people,${baseDn}`, attributes: { objectClass: 'organizationalUnit' } }, person('imported')],
    entries: [person('ada'), person('bo')],
  });
}, 600_000);
afterAll(() => server?.close());

/** By uid, what the server's own tools say. */
async function nsUniqueIds(): Promise<Record<string, string>> {
  const lines = await server.search(['-b', baseDn, '(uid=*)', 'uid', 'nsUniqueId']);
  const found = lines.matchAll(/^uid: (.*)\nnsUniqueId: (.*)$/gim);
  return Object.fromEntries([...found].map((match) => [match[1], match[2]]));
}

test('the id of a person is nsUniqueId, also where the person was imported offline and has no entryUUID', async () => {
  for (const url of [server.url, server.ldapsUrl]) {
    const options = { attributes: ['uid'], password: server.bindPassword };
    const { entries, summary } = await readEverybody(ldapSettings({ ...server, url }), options);
    expect(summary.complete).toBe(true);
    const ids = Object.fromEntries(entries.flatMap(({ id, attributes: [uid] }) => (uid == null ? [] : [[uid, id]])));
    expect(ids).toEqual(await nsUniqueIds());
    expect(Object.keys(ids).sort()).toEqual(['ada', 'bo', 'imported']);
  }
});
