import {
  CreateConnectionDocument,
  FindConnectionsDocument,
  UpdateConnectionDocument,
} from '../schema/operations.generated.ts';
import type { ApiClient } from './api-client.ts';
import { peopleDn, readerDn, readerPassword } from './sample-directory/people.ts';

const name = 'ACME sample directory';

/** Creates the connection to the sample directory, or updates the existing one with the directory's present address. */
export async function sampleConnection(api: ApiClient, url: string): Promise<{ id: string; isNew: boolean }> {
  const found = await api.ask(FindConnectionsDocument, { search: name });
  const saved = found.connections?.nodes.find((connection) => connection.name === name);
  if (saved === undefined) return { id: await create(api, url), isNew: true };
  if (saved.source.urls[0] !== url) await move(api, saved.id, url);
  return { id: saved.id, isNew: false };
}

async function create(api: ApiClient, url: string): Promise<string> {
  const source = { ldap: { urls: [url], bindDn: readerDn, bindPassword: readerPassword, baseDns: [peopleDn] } };
  const answer = await api.ask(CreateConnectionDocument, { input: { name, status: 'ENABLED', source } });
  const { connection = null, userErrors = [] } = answer.createConnection ?? {};
  if (connection === null)
    throw new Error(`The connection was refused: ${userErrors.map(({ message }) => message).join('; ')}`);
  return connection.id;
}

/** A new address needs the password again; otherwise the password could be sent to a stranger's host. */
async function move(api: ApiClient, id: string, url: string): Promise<void> {
  const source = { ldap: { urls: [url], bindPassword: readerPassword } };
  const answer = await api.ask(UpdateConnectionDocument, { id, input: { source } });
  const faults = answer.updateConnection?.userErrors ?? [];
  if (faults.length > 0)
    throw new Error(`The connection was refused: ${faults.map(({ message }) => message).join('; ')}`);
}
