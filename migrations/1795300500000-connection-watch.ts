import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The watches of continuous connections. A process that watches a connection has a lease (holder, fence, expires_at) and renews it.
 * When the lease has expired, another process takes it, with a higher fence. version: the version of the connection that the rest
 * of the row is about. failures: how often the watch broke or could not be set up, without success in between. retry_at: not to
 * be tried before, unless the connection is edited. The API reads the rows, and never writes them.
 */
export class ConnectionWatch1795300500000 implements MigrationInterface {
  name = 'ConnectionWatch1795300500000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`CREATE TABLE "connection_watch" (
      "workspace_id" uuid NOT NULL,
      "connection_id" uuid NOT NULL,
      "version" integer NOT NULL,
      "holder" uuid,
      "fence" bigint NOT NULL DEFAULT 0,
      "expires_at" timestamptz(3),
      "watching_since" timestamptz(3),
      "last_change_at" timestamptz(3),
      "error" jsonb,
      "failures" integer NOT NULL DEFAULT 0,
      "retry_at" timestamptz(3),
      CONSTRAINT "connection_watch_pkey" PRIMARY KEY ("workspace_id", "connection_id"),
      CONSTRAINT "connection_watch_connection" FOREIGN KEY ("workspace_id", "connection_id")
        REFERENCES "connection" ("workspace_id", "id") ON DELETE CASCADE)`);
    await runner.query(`ALTER TABLE "connection_watch" ENABLE ROW LEVEL SECURITY`);
    await runner.query(
      `CREATE POLICY "connection_watch_of_workspace" ON "connection_watch" USING ("workspace_id" = (SELECT nullif(current_setting('app.workspace_id', true), '')::uuid))`,
    );
    await runner.query(`GRANT SELECT ON "connection_watch" TO kdesk_contact_sync_api`);
    // Every process looks for continuous connections every second.
    await runner.query(`CREATE INDEX "connection_continuous" ON "connection" ("workspace_id", "id") WHERE continuous`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP INDEX "connection_continuous"`);
    await runner.query(`DROP TABLE "connection_watch"`);
  }
}
