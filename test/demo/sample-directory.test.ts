import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Client, InvalidCredentialsError } from 'ldapts';
import { peopleDn, readerDn, readerPassword, sampleEntries, suffix } from '../../demo/sample-directory/people.ts';
import { type SampleDirectory, startSampleDirectory } from '../../demo/sample-directory/start-sample-directory.ts';

describe('the sample directory', () => {
  const entries = sampleEntries();
  const people = entries.filter(({ attributes }) => attributes.uid !== undefined);
  let directory: SampleDirectory;
  let client: Client;

  beforeAll(async () => {
    directory = await startSampleDirectory(entries, 0);
    client = new Client({ url: directory.url });
    await client.bind(readerDn, readerPassword);
  });
  afterAll(async () => {
    await client.unbind();
    await directory.close();
  });

  const find = async (filter: string, attributes = ['uid']): Promise<number> =>
    (await client.search(suffix, { filter, attributes })).searchEntries.length;

  test('is the same at each start', () => {
    expect(sampleEntries()).toEqual(entries);
  });

  test('has more than a thousand people, each with a different DN, id and login', () => {
    expect(people.length).toBeGreaterThanOrEqual(1000);
    for (const key of ['dn', 'entryUUID', 'uid'] as const) {
      const values = people.map((person) => (key === 'dn' ? person.dn.toLowerCase() : person.attributes[key]?.[0]));
      expect(new Set(values).size).toBe(people.length);
    }
  });

  test.each([7, 600, 1199, 1200, 1201, 5000])('delivers everybody once in pages of %i', async (pageSize) => {
    const seen: string[] = [];
    const pages = client.searchPaginated(peopleDn, { filter: '(uid=*)', attributes: ['uid'], paged: { pageSize } });
    for await (const page of pages) seen.push(...page.searchEntries.map(({ uid }) => String(uid)));
    expect(seen.sort()).toEqual(people.map(({ attributes }) => attributes.uid?.[0]).sort());
  });

  test('lists its features in its rootDSE', async () => {
    const { searchEntries } = await client.search('', { scope: 'base', filter: '(objectClass=*)' });
    expect(searchEntries[0]).toMatchObject({ namingContexts: suffix, supportedControl: '1.2.840.113556.1.4.319' });
  });

  test.each([
    ['(departmentNumber=SALES)', (of: (name: string) => string[]) => of('departmentNumber')[0] === 'Sales'],
    ['(mail=*@WIDGETS.example)', (of: (name: string) => string[]) => of('mail').length > 1],
    ['(title=*lead*)', (of: (name: string) => string[]) => /lead/i.test(of('title')[0] ?? '')],
    ['(&(uid=*)(!(mail=*)))', (of: (name: string) => string[]) => of('mail').length === 0],
    ['(sn=ÅNGSTRÖM)', (of: (name: string) => string[]) => of('sn')[0] === 'Ångström'],
    ['(|(c=JP)(c=VN))', (of: (name: string) => string[]) => ['JP', 'VN'].includes(of('c')[0] ?? '')],
    [
      '(&(c=DE)(!(loginDisabled=TRUE)))',
      (of: (name: string) => string[]) => of('c')[0] === 'DE' && of('loginDisabled').length === 0,
    ],
  ])('finds by %s', async (filter, wanted) => {
    const expected = people.filter(({ attributes }) => wanted((name) => attributes[name] ?? []));
    expect(expected.length).toBeGreaterThan(0);
    expect(await find(filter)).toBe(expected.length);
  });

  test('finds a group with its members, and the members by it', async () => {
    const { searchEntries } = await client.search(suffix, { filter: '(&(objectClass=groupOfNames)(cn=Sales))' });
    const members = [searchEntries[0]?.member ?? []].flat();
    expect(await find(`(memberOf=${searchEntries[0]?.dn})`)).toBe(members.length);
  });

  test('sends hostile DNs as they are written', async () => {
    const { searchEntries } = await client.search(peopleDn, { filter: '(cn=ACME\\5cReception)', attributes: ['cn'] });
    expect(searchEntries[0]?.dn).toBe(`cn=ACME\\5cReception,${peopleDn}`);
  });

  test('refuses a wrong password, and searches without signing in', async () => {
    const stranger = new Client({ url: directory.url });
    await expect(stranger.search(suffix)).rejects.toThrow();
    await expect(stranger.bind(readerDn, 'guess')).rejects.toThrow(InvalidCredentialsError);
    await stranger.unbind();
  });
});
