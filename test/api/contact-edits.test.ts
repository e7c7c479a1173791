import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { type Data, startApi, type TestApi } from '../support/api.ts';
import { mapping, type Row, staffFile } from '../support/staff-file.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api?.close());

const shown = `id status version displayName givenName familyName company jobTitle primaryEmail emails { label value } phones { label value }
  address { street city country } language timeZone notes portalAccess emailNotifications lockedFields removalDueAt`;

async function create(input: Data): Promise<Data> {
  const query = `mutation ($input: ContactInput!) { createContact(input: $input) { contact { ${shown} } userErrors { field code message } } }`;
  return (await api.ask(query, { input })).createContact;
}
async function update(id: string, input: Data, expectedVersion: number | null = null): Promise<Data> {
  const query = `mutation ($id: ID!, $input: ContactInput!, $v: Int) {
    updateContact(id: $id, input: $input, expectedVersion: $v) { contact { ${shown} } userErrors { field code message } } }`;
  return (await api.ask(query, { id, input, v: expectedVersion })).updateContact;
}
async function lock(id: string, fields: string[], locked = true): Promise<Data> {
  const query = `mutation ($id: ID!, $fields: [ContactField!]!, $locked: Boolean!) {
    lockContactFields(id: $id, fields: $fields, locked: $locked) { contact { ${shown} } userErrors { code } } }`;
  return (await api.ask(query, { id, fields, locked })).lockContactFields.contact;
}
async function remove(ids: string[]): Promise<Data> {
  const query = 'mutation ($ids: [ID!]!) { deleteContacts(ids: $ids) { deletedIds userErrors { code } } }';
  return (await api.ask(query, { ids })).deleteContacts;
}
async function byEmail(email: string): Promise<Data> {
  return (
    await api.ask(
      `query ($email: String) { contacts(email: $email) { nodes { ${shown} sources { connectionName } } } }`,
      { email },
    )
  ).contacts.nodes[0];
}
const codes = ({ userErrors }: Data) => userErrors.map(({ field, code }: Data) => [field?.join('.'), code]);

let nth = 0;
const address = () => `person-${++nth}@example.org`;

describe('a contact entered by hand', () => {
  test('has what was entered, trimmed, under a name put together from it', async () => {
    const primaryEmail = address();
    const { contact, userErrors } = await create({
      givenName: ' Ada ',
      familyName: 'Lovelace',
      primaryEmail,
      emails: [{ label: 'home', value: 'ada@home.example' }],
      phones: [{ label: 'work', value: '+49 30 1234567' }],
      address: { street: 'Unter den Linden 1', city: 'Berlin', country: 'DE' },
      language: 'de',
      timeZone: 'Europe/Berlin',
      portalAccess: true,
    });
    expect(userErrors).toEqual([]);
    expect(contact).toMatchObject({
      status: 'ACTIVE',
      version: 1,
      displayName: 'Ada Lovelace',
      givenName: 'Ada',
      primaryEmail,
      emails: [{ label: 'home', value: 'ada@home.example' }],
      address: { street: 'Unter den Linden 1', city: 'Berlin', country: 'DE' },
      portalAccess: true,
      lockedFields: [],
    });
    expect(await byEmail(primaryEmail.toUpperCase())).toMatchObject({ id: contact.id });
    expect((await api.ask('{ contacts(search: "lovel") { totalCount } }')).contacts.totalCount).toBe(1);
  });

  test('is refused with every mistake at its place, and nothing is saved', async () => {
    const answer = await create({
      displayName: 'a\u0007b',
      primaryEmail: 'no address',
      emails: [
        { label: '', value: 'x@example.org' },
        { label: 'home', value: 'nonsense' },
      ],
      phones: [
        { label: 'work', value: 'call me' },
        { label: 'work', value: '+49 30 1' },
        { label: 'work', value: '+49 30 1' },
      ],
      language: 'Klingon',
      timeZone: '+02:00',
      status: 'INACTIVE',
      portalAccess: true,
    });
    expect(answer.contact).toBeNull();
    expect(codes(answer)).toEqual([
      ['input.displayName', 'INVALID_VALUE'],
      ['input.primaryEmail', 'INVALID_EMAIL'],
      ['input.language', 'INVALID_LANGUAGE'],
      ['input.timeZone', 'INVALID_TIME_ZONE'],
      ['input.emails.0.label', 'REQUIRED'],
      ['input.emails.1.value', 'INVALID_EMAIL'],
      ['input.phones.0.value', 'INVALID_PHONE'],
      ['input.phones.2', 'DUPLICATE'],
      ['input.portalAccess', 'CONTRADICTION'],
    ]);
    for (const displayName of [undefined, ' ', '\u200b\u200d'])
      expect(codes(await create({ displayName, company: 'Acme' }))).toEqual([['input.displayName', 'NAME_REQUIRED']]);
    expect(codes(await create({ displayName: 'x'.repeat(1001) }))).toEqual([['input.displayName', 'INVALID_VALUE']]);
    expect(
      codes(await create({ displayName: 'Many', phones: Array(51).fill({ label: 'work', value: '123' }) })),
    ).toEqual([['input.phones', 'TOO_MANY']]);
  });

  test('shares its primary email with no other active contact, also when two are entered at once', async () => {
    const primaryEmail = address();
    const answers = await Promise.all(
      ['One', 'Two', 'Three'].map((displayName) => create({ displayName, primaryEmail })),
    );
    expect(answers.filter(({ contact }) => contact !== null)).toHaveLength(1);
    for (const answer of answers.filter(({ contact }) => contact === null))
      expect(codes(answer)).toEqual([['input.primaryEmail', 'EMAIL_TAKEN']]);
    const { contact } = await create({ displayName: 'Asleep', primaryEmail, status: 'INACTIVE' });
    expect(contact).toMatchObject({ status: 'INACTIVE', portalAccess: false });
    expect(codes(await update(contact.id, { status: 'ACTIVE' }))).toEqual([['input.primaryEmail', 'EMAIL_TAKEN']]);
  });

  test('is edited member by member; null empties a field, and a name put together follows', async () => {
    const { contact } = await create({
      givenName: 'Bob',
      familyName: 'Berg',
      address: { city: 'Bonn', street: 'Weg 1' },
      notes: 'x',
    });
    const { contact: edited } = await update(contact.id, {
      givenName: 'Robert',
      address: { street: null },
      notes: null,
    });
    expect(edited).toMatchObject({
      displayName: 'Robert Berg',
      address: { city: 'Bonn', street: null },
      notes: null,
      version: 2,
    });
    const { contact: named } = await update(contact.id, { displayName: 'Bobby' });
    expect(named).toMatchObject({ displayName: 'Bobby', version: 3 });
    expect((await update(contact.id, { familyName: 'Burg' })).contact).toMatchObject({
      displayName: 'Bobby',
      version: 4,
    });
    expect((await update(contact.id, { familyName: 'Burg' })).contact).toMatchObject({ version: 4 });
    expect((await update(contact.id, { displayName: null })).contact).toMatchObject({ displayName: 'Robert Burg' });
  });

  test('is safe from two editors by expectedVersion', async () => {
    const { contact } = await create({ displayName: 'Shared' });
    await update(contact.id, { company: 'First' }, 1);
    const query =
      'mutation ($id: ID!) { updateContact(id: $id, input: { company: "Second" }, expectedVersion: 1) { contact { id } } }';
    const { errors } = await api.request(query, { id: contact.id });
    expect(errors?.[0]?.extensions).toMatchObject({ code: 'CONFLICT', currentVersion: 2 });
  });

  test('is deleted once; unknown ids are left out', async () => {
    const { contact } = await create({ displayName: 'Short-lived' });
    const foreign = '00000000-0000-4000-8000-000000000000';
    expect(await remove([contact.id, foreign, 'nonsense', contact.id])).toEqual({
      deletedIds: [contact.id],
      userErrors: [],
    });
    expect(await remove([contact.id])).toEqual({ deletedIds: [], userErrors: [] });
    const { errors } = await api.request('mutation ($ids: [ID!]!) { deleteContacts(ids: $ids) { deletedIds } }', {
      ids: Array(1001).fill(foreign),
    });
    expect(errors?.[0]?.extensions.code).toBe('BAD_USER_INPUT');
  });

  test('is unknown in another workspace', async () => {
    const { contact } = await create({ displayName: 'Ours' });
    const stranger = await api.keys.sign({
      workspace: crypto.randomUUID(),
      permissions: ['CONTACTS_MANAGE', 'CONTACTS_VIEW'],
    });
    for (const mutation of [
      'updateContact(id: $id, input: { company: "Theirs" }) { contact { id } }',
      'lockContactFields(id: $id, fields: [COMPANY], locked: true) { contact { id } }',
    ]) {
      const { errors } = await api.request(`mutation ($id: ID!) { ${mutation} }`, { id: contact.id }, stranger);
      expect(errors?.[0]?.extensions.code).toBe('NOT_FOUND');
    }
    const { deleteContacts } = await api.ask(
      'mutation ($id: ID!) { deleteContacts(ids: [$id]) { deletedIds } }',
      { id: contact.id },
      stranger,
    );
    expect(deleteContacts.deletedIds).toEqual([]);
  });
});

describe('a contact that a connection feeds', () => {
  let staff: Awaited<ReturnType<typeof staffFile>>;
  let person: Row;
  const run = () => staff.run([person]);
  const told = (one: Data, code: string) => one.log.nodes.filter((line: Data) => line.code === code);

  beforeEach(async () => {
    staff = await staffFile(api, `Staff ${++nth}`, [
      mapping('DISPLAY_NAME', 'Name'),
      mapping('PRIMARY_EMAIL', 'Mail'),
      mapping('JOB_TITLE', 'Title'),
      mapping('CITY', 'City', 'policy: ON_CREATE'),
      mapping('PHONE', 'Phone', 'label: "work"'),
    ]);
    person = { Nr: '1', Name: 'Cy', Mail: address(), Title: 'Engineer', City: 'Rome', Phone: '123456' };
    await run();
  });
  const cy = () => byEmail(person.Mail ?? '');

  test('is refused with the connection’s name where the connection fills a field, and only there', async () => {
    const { id } = await cy();
    const answer = await update(id, { jobTitle: 'Boss', phones: [{ label: 'home', value: '777777' }], notes: 'mine' });
    expect(codes(answer)).toEqual([
      ['input.jobTitle', 'FIELD_FILLED'],
      ['input.phones', 'FIELD_FILLED'],
    ]);
    expect(answer.userErrors[0].message).toContain(`Staff ${nth - 1}`);
    expect(await cy()).toMatchObject({ jobTitle: 'Engineer', notes: null });
    const allowed = await update(id, {
      jobTitle: 'Engineer',
      notes: 'mine',
      address: { city: 'Oslo' },
      phones: [
        { label: 'work', value: '123456' },
        { label: 'home', value: '777777' },
      ],
    });
    expect(allowed).toMatchObject({ userErrors: [], contact: { notes: 'mine', address: { city: 'Oslo' } } });
    await run();
    expect(await cy()).toMatchObject({ notes: 'mine', address: { city: 'Oslo' }, jobTitle: 'Engineer' });
    expect((await cy()).phones).toHaveLength(2);
  });

  test('keeps a locked field through every run, which its log says once; unlocked, it gets the source’s value back', async () => {
    const { id } = await cy();
    expect(await lock(id, ['JOB_TITLE'])).toMatchObject({ lockedFields: ['JOB_TITLE'] });
    expect(await update(id, { jobTitle: 'Boss' })).toMatchObject({ userErrors: [], contact: { jobTitle: 'Boss' } });
    expect(told(await run(), 'FIELDS_LOCKED')).toMatchObject([
      { level: 'INFO', message: 'Cy keeps JOB_TITLE: people have locked it.' },
    ]);
    expect(told(await run(), 'FIELDS_LOCKED')).toEqual([]);
    person = { ...person, Name: 'Cyrus' };
    await run();
    expect(await cy()).toMatchObject({ displayName: 'Cyrus', jobTitle: 'Boss', lockedFields: ['JOB_TITLE'] });
    await lock(id, ['JOB_TITLE'], false);
    await run();
    expect(await cy()).toMatchObject({ jobTitle: 'Engineer', lockedFields: [] });
  });

  test('stays inactive when a person has made it so, and comes back when it was deleted while its person is there', async () => {
    const { id } = await cy();
    await update(id, { status: 'INACTIVE' });
    person = { ...person, Name: 'Cyrus' };
    await run();
    expect(await cy()).toMatchObject({ id, status: 'INACTIVE', displayName: 'Cyrus' });
    await remove([id]);
    expect((await run()).counts).toMatchObject({ created: 1 });
    expect((await cy()).id).not.toBe(id);
  });
});
