import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Up to which time each connection's schedule has been handled. It makes each due time start one run, however many processes there
 * are. Only its owner, the sync path's role, may read or write it.
 */
export class ScheduleMark1795300100000 implements MigrationInterface {
  name = 'ScheduleMark1795300100000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`CREATE TABLE "schedule_mark" (
      "workspace_id" uuid NOT NULL,
      "connection_id" uuid NOT NULL,
      "cron" text NOT NULL,
      "time_zone" text NOT NULL,
      "looked_at" timestamptz(3) NOT NULL,
      CONSTRAINT "schedule_mark_pkey" PRIMARY KEY ("workspace_id", "connection_id"),
      CONSTRAINT "schedule_mark_connection" FOREIGN KEY ("workspace_id", "connection_id")
        REFERENCES "connection" ("workspace_id", "id") ON DELETE CASCADE)`);
    await runner.query(`ALTER TABLE "schedule_mark" ENABLE ROW LEVEL SECURITY`);
    await runner.query(
      `CREATE POLICY "schedule_mark_of_workspace" ON "schedule_mark" USING ("workspace_id" = (SELECT nullif(current_setting('app.workspace_id', true), '')::uuid))`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TABLE "schedule_mark"`);
  }
}
