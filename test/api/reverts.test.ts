import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type Data, startApi, type TestApi } from '../support/api.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api?.close());

async function revertChange(id: string): Promise<Data> {
  const query = `mutation ($id: ID!) { revertChange(id: $id) { contact { id displayName notes lockedFields } userErrors { field code message } } }`;
  return (await api.ask(query, { id })).revertChange;
}

test("a person's edit is taken back by its change's id, which the history then tells; once it has changed, no more", async () => {
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
  expect(await revertChange(created.id)).toEqual({ contact: null, userErrors: [] });
  expect((await api.ask(history, { id })).contact).toBeNull();
});
