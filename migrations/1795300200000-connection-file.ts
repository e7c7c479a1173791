import type { MigrationInterface, QueryRunner } from 'typeorm';

const ofWorkspace = `"workspace_id" = nullif(current_setting('app.workspace_id', true), '')::uuid`;

/**
 * Files that are uploaded for connections whose kind of source reads one, in parts of 1 MB. Readers see a file when it is complete
 * (uploaded_at). The file before it is then superseded, and is deleted unless a run is reading it (read_by).
 */
export class ConnectionFile1795300200000 implements MigrationInterface {
  name = 'ConnectionFile1795300200000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`CREATE TABLE "connection_file" (
      "workspace_id" uuid NOT NULL,
      "id" uuid NOT NULL,
      "connection_id" uuid NOT NULL,
      "name" text NOT NULL,
      "bytes" bigint NOT NULL DEFAULT 0,
      "touched_at" timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
      "uploaded_at" timestamptz(3),
      "superseded" boolean NOT NULL DEFAULT false,
      "read_by" uuid,
      CONSTRAINT "connection_file_pkey" PRIMARY KEY ("workspace_id", "id"),
      CONSTRAINT "connection_file_connection" FOREIGN KEY ("workspace_id", "connection_id")
        REFERENCES "connection" ("workspace_id", "id") ON DELETE CASCADE)`);
    await runner.query(
      `CREATE INDEX "connection_file_of_connection" ON "connection_file" ("workspace_id", "connection_id")`,
    );
    await runner.query(`CREATE UNIQUE INDEX "connection_file_current" ON "connection_file" ("workspace_id", "connection_id")
      WHERE uploaded_at IS NOT NULL AND NOT superseded`);
    await runner.query(`CREATE TABLE "connection_file_part" (
      "workspace_id" uuid NOT NULL,
      "file_id" uuid NOT NULL,
      "part" integer NOT NULL,
      "bytes" bytea NOT NULL,
      CONSTRAINT "connection_file_part_pkey" PRIMARY KEY ("workspace_id", "file_id", "part"),
      CONSTRAINT "connection_file_part_file" FOREIGN KEY ("workspace_id", "file_id")
        REFERENCES "connection_file" ("workspace_id", "id") ON DELETE CASCADE)`);
    // Compressing the parts would cost more than the space it saves.
    await runner.query(`ALTER TABLE "connection_file_part" ALTER COLUMN "bytes" SET STORAGE EXTERNAL`);
    for (const table of ['connection_file', 'connection_file_part']) {
      await runner.query(`ALTER TABLE "${table}" ENABLE ROW LEVEL SECURITY`);
      await runner.query(`CREATE POLICY "${table}_of_workspace" ON "${table}" USING (${ofWorkspace})`);
      await runner.query(`GRANT SELECT, INSERT, UPDATE, DELETE ON "${table}" TO kdesk_contact_sync_api`);
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TABLE "connection_file_part"`);
    await runner.query(`DROP TABLE "connection_file"`);
  }
}
