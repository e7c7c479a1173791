import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type Data, startApi, type TestApi } from '../support/api.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api?.close());

async function revertChange(id: string): Promise<Data> {
  const query = `mutation ($id: ID!) { revertChange(id: $id) { contact { id displayName notes address { city } lockedFields } userErrors { field code message } leftAlone { field label message } } }`;
  return (await api.ask(query, { id })).revertChange;
}

test("a person's edit is reverted by the id of its change, and the history shows that; it can't be reverted again", async () => {
  const create = `mutation { createContact(input: { displayName: "Ada", notes: "first" }) { contact { id } } }`;
  const { id } = (await api.ask(create)).createContact.contact;
  const edit = `mutation ($id: ID!) { updateContact(id: $id, input: { notes: "second" }) { contact { id } } }`;
  await api.ask(edit, { id });
  const history = `query ($id: ID!) { contact(id: $id) { history { nodes { id action changedBy { name } } } } }`;
  const [edited, created] = (await api.ask(history, { id })).contact.history.nodes;
  expect(await revertChange(edited.id)).toMatchObject({ contact: { id, notes: 'first' }, userErrors: [] });
  expect(await revertChange(edited.id)).toMatchObject({
    contact: null,
    userErrors: [{ field: ['id'], code: 'CHANGED_SINCE' }],
  });
  const told = (await api.ask(history, { id })).contact.history.nodes;
  expect(told.map(({ action }: Data) => action)).toEqual(['UPDATE', 'UPDATE', 'CREATE']);
  expect(await revertChange(created.id)).toEqual({ contact: null, userErrors: [], leftAlone: [] });
  expect((await api.ask(history, { id })).contact).toBeNull();
});

test('the parts of an edit that nothing has changed since are reverted; the others stay and are named, also in the history', async () => {
  const create = `mutation { createContact(input: { displayName: "Bob", notes: "old", address: { city: "Oslo" } }) { contact { id } } }`;
  const { id } = (await api.ask(create)).createContact.contact;
  const edit = `mutation ($id: ID!, $input: ContactInput!) { updateContact(id: $id, input: $input) { contact { id } leftAlone { message } } }`;
  const both = await api.ask(edit, { id, input: { notes: 'new', address: { city: 'Rome' } } });
  expect(both.updateContact.leftAlone).toEqual([]);
  await api.ask(edit, { id, input: { address: { city: 'Paris' } } });
  const history = `query ($id: ID!) { contact(id: $id) { history { nodes { id reason fields { field before after } } } } }`;
  const [, edited] = (await api.ask(history, { id })).contact.history.nodes;
  expect(await revertChange(edited.id)).toEqual({
    contact: { id, displayName: 'Bob', notes: 'old', address: { city: 'Paris' }, lockedFields: [] },
    userErrors: [],
    leftAlone: [{ field: 'CITY', label: null, message: 'CITY has changed since.' }],
  });
  const [told] = (await api.ask(history, { id })).contact.history.nodes;
  expect(told).toMatchObject({
    reason: 'taken back in part: CITY has changed since.',
    fields: [{ field: 'NOTES', before: 'new', after: 'old' }],
  });
  expect(await revertChange(edited.id)).toMatchObject({
    contact: null,
    userErrors: [
      { code: 'CHANGED_SINCE', message: expect.stringContaining('has been updated since, by Ada Lovelace') },
    ],
    leftAlone: [],
  });
});
