/**
 * The smallest server that can answer the API's requests: `node:http` and `pg` with prepared statements, without
 * permissions or a schema. Its answers per second are the limit that the API is compared with.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import pg from 'pg';

type Task = { databaseUrl: string; workspaceId: string };

const CONNECTIONS = 8;
const columns = 'id, display_name, primary_email, company, job_title, status, phones, updated_at';

process.once('message', ({ databaseUrl, workspaceId }: Task) => {
  const pool = new pg.Pool({ connectionString: databaseUrl, max: CONNECTIONS, options: `-c timezone=UTC` });
  const rowsOf = async (name: string, text: string, values: unknown[]) =>
    (await pool.query({ name, text, values })).rows;
  const page = () =>
    rowsOf(
      'page',
      `SELECT ${columns} FROM contact WHERE contact.workspace_id = $1 ORDER BY contact.name_key, contact.id LIMIT 51`,
      [workspaceId],
    );
  const count = () =>
    rowsOf('count', 'SELECT count(*)::int AS count FROM contact WHERE contact.workspace_id = $1', [workspaceId]);
  const contact = (id: string) =>
    rowsOf('contact', `SELECT ${columns} FROM contact WHERE contact.workspace_id = $1 AND contact.id = $2`, [
      workspaceId,
      id,
    ]);
  const answers: Record<string, (id: string) => Promise<unknown>> = {
    page: async () => ({ nodes: await page() }),
    count: async () => {
      const [nodes, [counted]] = await Promise.all([page(), count()]);
      return { nodes, totalCount: counted?.count };
    },
    contact: async (id) => (await contact(id))[0] ?? null,
  };
  const server = createServer(async (request, response) => {
    const [, what = '', id = ''] = (request.url ?? '').split('/');
    const body = Buffer.from(JSON.stringify(await answers[what]?.(id)));
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length });
    response.end(body);
  });
  server.listen(0, '127.0.0.1', () => {
    process.send?.(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  });
});
process.send?.('ready');
