import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What a run has learned about its source for the next run, beside the connection's read_cursor, which names the run. Apart from
 * the connection, because it can have two megabytes. Only the sync path reads and writes it.
 */
export class ReadMemory1795300600000 implements MigrationInterface {
  name = 'ReadMemory1795300600000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`CREATE TABLE "read_memory" (
      "workspace_id" uuid NOT NULL,
      "connection_id" uuid NOT NULL,
      "run_id" uuid NOT NULL,
      "memory" bytea NOT NULL,
      CONSTRAINT "read_memory_pkey" PRIMARY KEY ("workspace_id", "connection_id", "run_id"),
      CONSTRAINT "read_memory_connection" FOREIGN KEY ("workspace_id", "connection_id")
        REFERENCES "connection" ("workspace_id", "id") ON DELETE CASCADE)`);
    await runner.query(`ALTER TABLE "read_memory" ENABLE ROW LEVEL SECURITY`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TABLE "read_memory"`);
  }
}
