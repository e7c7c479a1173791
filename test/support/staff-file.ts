import type { Data, TestApi } from './api.ts';

export type Row = Record<string, string>;

/** A mapping as a GraphQL literal. */
export function mapping(field: string, attribute: string, more = ''): string {
  return `{ field: ${field}, attributes: ["${attribute}"] ${more} }`;
}

/** A connection that imports the rows of a file. The id is in the column Nr. */
export async function staffFile(api: TestApi, name: string, mappings: readonly string[], more = '') {
  const input = `{ name: "${name}", status: ENABLED, source: { csv: { idColumn: "Nr" } }, mappings: [${mappings.join(' ')}] ${more} }`;
  const { createConnection } = await api.ask(
    `mutation { createConnection(input: ${input}) { connection { id } userErrors { field message } } }`,
  );
  if (createConnection.connection === null) throw new Error(JSON.stringify(createConnection.userErrors));
  const id: string = createConnection.connection.id;

  /** Uploads these rows, and runs the connection to its end. `options`: more arguments of startRun. */
  const run = async (rows: readonly Row[], options = ''): Promise<Data> => {
    const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
    const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;
    const lines = rows.map((row) => columns.map((column) => quoted(row[column] ?? '')).join(','));
    await fetch(`${api.url}/connections/${id}/file`, {
      method: 'PUT',
      headers: { authorization: `Bearer ${api.token}` },
      body: [columns.map(quoted).join(','), ...lines].join('\n'),
    });
    const { startRun } = await api.ask(
      `mutation ($id: ID!) { startRun(connectionId: $id ${options}) { run { id } } }`,
      { id },
    );
    const states = api.overWebSocket('subscription ($id: ID!) { runProgress(runId: $id) { status } }', {
      id: startRun.run.id,
    });
    for await (const _ of states);
    const query = `query ($id: ID!) { run(id: $id) {
      id status startedBy { name } counts { created updated unchanged linked deactivated reactivated skipped }
      log { nodes { level code message } } } }`;
    return (await api.ask(query, { id: startRun.run.id })).run;
  };
  return { id, run };
}
