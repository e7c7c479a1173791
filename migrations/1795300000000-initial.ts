import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Tables with a workspace that the API's role uses, behind row-level security. */
const walled = [
  'connection',
  'connection_secret',
  'open_run',
  'run',
  'run_log',
  'fills',
  'contact',
  'contact_link',
  'contact_photo',
  'merged_contact',
  'quality_read',
  'quality_finding',
  'quality_doubt',
  'former_person_ref',
  'plan_row',
  'kept_plan_row',
  'contact_change',
  'contact_feed',
  'contact_feed_batch',
  'taken_back',
] as const;

/** Also behind row-level security, but only the sync path's role may use them. */
const hidden = ['run_cancel'] as const;

/**
 * The first tables. They belong to the role that migrates, which is also the sync path's role. Row-level security is enabled but
 * not forced: COPY does not support it, and every statement of the sync path names the workspace. The API's pool works as
 * `kdesk_contact_sync_api`. That role owns nothing and sees only the workspace that its transaction has set.
 */
export class Initial1795300000000 implements MigrationInterface {
  name = 'Initial1795300000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(role);
    for (const statement of tables) await runner.query(statement);
    for (const table of [...walled, ...hidden]) {
      await runner.query(`ALTER TABLE "${table}" ENABLE ROW LEVEL SECURITY`);
      await runner.query(
        `CREATE POLICY "${table}_of_workspace" ON "${table}" USING ("workspace_id" = (SELECT nullif(current_setting('app.workspace_id', true), '')::uuid))`,
      );
    }
    await runner.query(`ALTER TABLE "workspace" ENABLE ROW LEVEL SECURITY`);
    await runner.query(
      `CREATE POLICY "workspace_itself" ON "workspace" USING ("id" = (SELECT nullif(current_setting('app.workspace_id', true), '')::uuid))`,
    );
    await runner.query(view);
    await runner.query(tellSwitch);
    await runner.query(switchTold);
    await runner.query(`GRANT USAGE ON SCHEMA public TO kdesk_contact_sync_api`);
    await runner.query(
      `GRANT SELECT, INSERT, UPDATE, DELETE ON "workspace", ${walled.map((table) => `"${table}"`).join(', ')} TO kdesk_contact_sync_api`,
    );
    await runner.query(`GRANT SELECT ON "contact_of_workspace" TO kdesk_contact_sync_api`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP VIEW "contact_of_workspace"`);
    for (const table of [...hidden, ...[...walled].reverse()]) await runner.query(`DROP TABLE "${table}"`);
    await runner.query(`DROP TABLE "server_memory"`);
    await runner.query(`DROP TABLE "workspace"`);
    await runner.query(`DROP FUNCTION "tell_contact_sync_switch"`);
    for (const type of ['contact_link_state', 'contact_state', 'contact_values'])
      await runner.query(`DROP TYPE "${type}"`);
  }
}

/**
 * Roles belong to the whole server, so another database's migration may make the role at the same moment. From Postgres 16 on, the
 * maker of a role is a member of it, but may not SET it until that is granted. KD001 is our own SQLSTATE for this failure.
 */
const role = `
  DO $$
  DECLARE
    may_set text := CASE WHEN current_setting('server_version_num')::int >= 160000 THEN 'SET' ELSE 'MEMBER' END;
  BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'kdesk_contact_sync_api') THEN
      BEGIN
        CREATE ROLE kdesk_contact_sync_api NOLOGIN NOBYPASSRLS;
      EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
      END;
    END IF;
    IF NOT pg_has_role(current_user, 'kdesk_contact_sync_api', may_set) THEN
      EXECUTE format('GRANT kdesk_contact_sync_api TO %I', current_user);
    END IF;
  EXCEPTION WHEN insufficient_privilege THEN
    RAISE EXCEPTION USING ERRCODE = 'KD001', MESSAGE = SQLERRM;
  END $$`;

/**
 * Each partition holds the ids of a period: UUIDs of version 7 begin with the time. src/db/partition makes and drops partitions.
 * This one takes rows that fit no other. The API's role reads and writes through the parent table, and can't see a partition.
 */
function defaultPartition(table: string): string[] {
  return [
    `CREATE TABLE "${table}_default" PARTITION OF "${table}" DEFAULT`,
    `ALTER TABLE "${table}_default" ENABLE ROW LEVEL SECURITY`,
  ];
}

/** A contact's values, in the order of contact_values and of contact. */
const fieldColumns = `
    "display_name" text,
    "given_name" text,
    "family_name" text,
    "company" text,
    "job_title" text,
    "department" text,
    "employee_id" text,
    "manager" text,
    "primary_email" text,
    "emails" json,
    "phones" json,
    "street" text,
    "city" text,
    "region" text,
    "postal_code" text,
    "country" text,
    "language" text,
    "time_zone" text,
    "notes" text,
    "portal_access" boolean,
    "email_notifications" boolean,
    "forms_access" boolean`;

/**
 * The columns of a plan. A row is read from its first column to the last one that a statement needs, several times in a run. So what most
 * statements need comes first, and what only the contact needs comes after the values.
 */
const planColumns = `
    "workspace_id" uuid NOT NULL,
    "run_id" uuid NOT NULL,
    "position" bigint NOT NULL,
    "claimants" integer NOT NULL DEFAULT 1,
    "action" text,
    "stays" text,
    "outcome" text,
    "remark" text,
    "contact_id" uuid,
    "fills_id" uuid,
    "person_ref" uuid,
    "hash" bytea,
    "person" text NOT NULL,
    "person_id" text,
    "contact_version" integer,
    "link_recheck" integer,
    "contact_name" text,
    "code" text,
    "reason" text,
    "before" contact_values,${fieldColumns},
    "email_key" text COLLATE "C",
    "name_key" text COLLATE "C",
    "company_key" text COLLATE "C",
    "manager_ref" uuid,
    "words" text,
    "search" tsvector,
    "alternatives" json,
    "findings" json`;

const tables = [
  `CREATE TABLE "workspace" (
    "id" uuid NOT NULL,
    "name" text NOT NULL,
    "time_zone" text NOT NULL,
    "contact_sync_enabled" boolean NOT NULL DEFAULT true,
    "created_at" timestamptz(3) NOT NULL DEFAULT now(),
    CONSTRAINT "workspace_pkey" PRIMARY KEY ("id"))`,

  `CREATE TABLE "connection" (
    "workspace_id" uuid NOT NULL,
    "id" uuid NOT NULL,
    "name" text NOT NULL,
    "description" text NOT NULL DEFAULT '',
    "status" text NOT NULL,
    "kind" text NOT NULL,
    "source" jsonb NOT NULL,
    "scope" jsonb NOT NULL,
    "mappings" jsonb NOT NULL,
    "removal" jsonb NOT NULL,
    "schedule" jsonb,
    "continuous" boolean NOT NULL DEFAULT false,
    "full_every" integer NOT NULL DEFAULT 24,
    "photo" boolean NOT NULL DEFAULT false,
    "match_by" text NOT NULL,
    "priority" integer NOT NULL,
    "version" integer NOT NULL DEFAULT 1,
    "name_key" text COLLATE "C" NOT NULL,
    "created_by" jsonb NOT NULL,
    "created_at" timestamptz(3) NOT NULL DEFAULT now(),
    "updated_at" timestamptz(3) NOT NULL DEFAULT now(),
    "last_complete_read_at" timestamptz(3),
    "referrals" text[] NOT NULL DEFAULT '{}',
    "read_cursor" jsonb,
    CONSTRAINT "connection_pkey" PRIMARY KEY ("workspace_id", "id"))`,
  `CREATE INDEX "connection_by_name" ON "connection" ("workspace_id", "name_key", "id")`,

  `CREATE TABLE "connection_secret" (
    "workspace_id" uuid NOT NULL,
    "connection_id" uuid NOT NULL,
    "name" text NOT NULL,
    "key_id" text NOT NULL,
    "sealed" bytea NOT NULL,
    CONSTRAINT "connection_secret_pkey" PRIMARY KEY ("workspace_id", "connection_id", "name"),
    CONSTRAINT "connection_secret_connection" FOREIGN KEY ("workspace_id", "connection_id")
      REFERENCES "connection" ("workspace_id", "id") ON DELETE CASCADE)`,

  // former_connection_id: the connection that is deleted. Its runs can still be taken back.
  `CREATE TABLE "run" (
    "workspace_id" uuid NOT NULL,
    "id" uuid NOT NULL,
    "connection_id" uuid,
    "former_connection_id" uuid,
    "connection_name" text NOT NULL,
    "connection_version" integer NOT NULL,
    "settings" jsonb NOT NULL,
    "asked_mode" text NOT NULL DEFAULT 'AUTO',
    "mode" text,
    "mode_reason" text,
    "dry_run" boolean NOT NULL,
    "review" boolean NOT NULL,
    "trigger" text NOT NULL,
    "started_by" jsonb NOT NULL,
    "status" text NOT NULL,
    "phase" text NOT NULL,
    "counts" jsonb NOT NULL,
    "excluded" jsonb NOT NULL DEFAULT '{}',
    "progress" double precision,
    "queued_at" timestamptz(3) NOT NULL DEFAULT now(),
    "started_at" timestamptz(3),
    "finished_at" timestamptz(3),
    "error" jsonb,
    "hold_reasons" text[] NOT NULL DEFAULT '{}',
    "decided_by" jsonb,
    "decided_at" timestamptz(3),
    "cancelled_by" jsonb,
    "attempt" integer NOT NULL DEFAULT 0,
    "database_losses" integer NOT NULL DEFAULT 0,
    "gave_way" integer NOT NULL DEFAULT 0,
    "last_seq" integer NOT NULL DEFAULT 0,
    "applied_position" bigint NOT NULL DEFAULT 0,
    "position_base" bigint NOT NULL DEFAULT 0,
    "applied_before" jsonb,
    "plan_memory" uuid,
    "reverts" uuid,
    "read_summary" jsonb,
    "quality" jsonb,
    "changed_at" timestamptz(3) NOT NULL DEFAULT now(),
    CONSTRAINT "run_pkey" PRIMARY KEY ("workspace_id", "id")) PARTITION BY RANGE ("id")`,
  ...defaultPartition('run'),
  `CREATE INDEX "run_by_time" ON "run" ("workspace_id", "queued_at", "id")`,
  `CREATE INDEX "run_by_connection" ON "run" ("workspace_id", "connection_id", "queued_at", "id")`,

  // The runs that have not ended: at most one per connection, also per one that is deleted.
  `CREATE TABLE "open_run" (
    "workspace_id" uuid NOT NULL,
    "connection_id" uuid NOT NULL,
    "run_id" uuid NOT NULL,
    CONSTRAINT "open_run_pkey" PRIMARY KEY ("workspace_id", "connection_id"))`,

  // Requests to cancel a run that is worked on. Not in the run's row, so that a request never waits for a lock on that row.
  `CREATE TABLE "run_cancel" (
    "workspace_id" uuid NOT NULL,
    "run_id" uuid NOT NULL,
    "requested_by" jsonb NOT NULL,
    CONSTRAINT "run_cancel_pkey" PRIMARY KEY ("workspace_id", "run_id"))`,

  // Unlogged, so a crash of the server empties it. A crash also loses every plan_row and maybe the latest commits.
  `CREATE UNLOGGED TABLE "server_memory" (
    "one" boolean NOT NULL DEFAULT true,
    "token" uuid NOT NULL,
    CONSTRAINT "server_memory_pkey" PRIMARY KEY ("one"),
    CONSTRAINT "server_memory_one" CHECK ("one"))`,

  // A row is one line. Or, if first_position and last_position are set, it stands for the DEBUG lines seq to last_seq of a batch
  // of applied changes: one line per change in the history, in order of position.
  `CREATE TABLE "run_log" (
    "workspace_id" uuid NOT NULL,
    "run_id" uuid NOT NULL,
    "seq" integer NOT NULL,
    "last_seq" integer NOT NULL,
    "at" timestamptz(3) NOT NULL,
    "level" text NOT NULL,
    "code" text NOT NULL,
    "message" text NOT NULL,
    "person" text,
    "person_id" text,
    "contact_id" uuid,
    "first_position" bigint,
    "last_position" bigint,
    CONSTRAINT "run_log_pkey" PRIMARY KEY ("workspace_id", "run_id", "seq")) PARTITION BY RANGE ("run_id")`,
  ...defaultPartition('run_log'),
  // For the time at which a change was applied.
  `CREATE INDEX "run_log_batch" ON "run_log" ("workspace_id", "run_id", "last_position") WHERE first_position IS NOT NULL`,

  // Which attribute filled which field. A connection has few different patterns, so links refer to them by digest.
  `CREATE TABLE "fills" (
    "workspace_id" uuid NOT NULL,
    "id" uuid NOT NULL,
    "fields" jsonb NOT NULL,
    CONSTRAINT "fills_pkey" PRIMARY KEY ("workspace_id", "id"))`,

  `CREATE TYPE "contact_values" AS (
    "DISPLAY_NAME" text, "GIVEN_NAME" text, "FAMILY_NAME" text, "COMPANY" text, "JOB_TITLE" text, "DEPARTMENT" text,
    "EMPLOYEE_ID" text, "MANAGER" text, "PRIMARY_EMAIL" text, "EMAIL" json, "PHONE" json, "STREET" text, "CITY" text,
    "REGION" text, "POSTAL_CODE" text, "COUNTRY" text, "LANGUAGE" text, "TIME_ZONE" text, "NOTES" text, "PORTAL_ACCESS" boolean,
    "EMAIL_NOTIFICATIONS" boolean, "FORMS_ACCESS" boolean)`,

  // name_key, company_key: folded, to sort by. words: all words that find the contact, each after a blank. search: the first
  // letters of the words after the workspace's mark; the text index holds these. email_key: the address in lower case. person_key:
  // the id space and id of a person without an address for whom a run made the contact (see db/sync/known-elsewhere.ts).
  // manager_ref: the digest of the manager's name in the source (see person_ref of contact_link).
  `CREATE TABLE "contact" (
    "workspace_id" uuid NOT NULL,
    "id" uuid NOT NULL,
    "status" text NOT NULL,
    "display_name" text NOT NULL,
    "given_name" text,
    "family_name" text,
    "company" text,
    "job_title" text,
    "department" text,
    "employee_id" text,
    "manager" text,
    "primary_email" text,
    "emails" json,
    "phones" json,
    "street" text,
    "city" text,
    "region" text,
    "postal_code" text,
    "country" text,
    "language" text,
    "time_zone" text,
    "notes" text,
    "portal_access" boolean NOT NULL DEFAULT false,
    "email_notifications" boolean NOT NULL DEFAULT false,
    "forms_access" boolean NOT NULL DEFAULT false,
    "portal_access_before" boolean,
    "locked_fields" text[] NOT NULL DEFAULT '{}',
    "version" integer NOT NULL DEFAULT 1,
    "removal_due_at" timestamptz(3),
    "created_at" timestamptz(3) NOT NULL,
    "updated_at" timestamptz(3) NOT NULL,
    "changed_xid" bigint NOT NULL DEFAULT (pg_current_xact_id()::text)::bigint,
    "person_key" text COLLATE "C",
    "email_key" text COLLATE "C",
    "name_key" text COLLATE "C" NOT NULL,
    "company_key" text COLLATE "C" NOT NULL,
    "manager_ref" uuid,
    "words" text NOT NULL,
    "search" tsvector NOT NULL,
    CONSTRAINT "contact_pkey" PRIMARY KEY ("workspace_id", "id"))`,
  `CREATE UNIQUE INDEX "contact_email_of_active" ON "contact" ("workspace_id", "email_key") WHERE status = 'ACTIVE' AND email_key IS NOT NULL`,
  `CREATE INDEX "contact_email_of_inactive" ON "contact" ("workspace_id", "email_key") WHERE status = 'INACTIVE' AND email_key IS NOT NULL`,
  `CREATE UNIQUE INDEX "contact_of_person" ON "contact" ("workspace_id", "person_key") WHERE person_key IS NOT NULL`,
  `CREATE INDEX "contact_by_name" ON "contact" ("workspace_id", "name_key", "id")`,
  `CREATE INDEX "contact_by_company" ON "contact" ("workspace_id", "company_key", "id")`,
  `CREATE INDEX "contact_by_update" ON "contact" ("workspace_id", "updated_at", "id")`,
  `CREATE INDEX "contact_by_creation" ON "contact" ("workspace_id", "created_at", "id")`,
  `CREATE INDEX "contact_by_manager" ON "contact" ("workspace_id", "manager_ref", "name_key", "id") WHERE manager_ref IS NOT NULL`,
  `CREATE INDEX "contact_due_for_removal" ON "contact" ("workspace_id", "name_key", "id") WHERE removal_due_at IS NOT NULL`,
  `CREATE INDEX "contact_by_search" ON "contact" USING gin ("search")`,

  // hash null: the next run looks at the link again. recheck: counts the requests for that. gone_since: missing from complete
  // reads since then. person_ref: the digest of the person's name in the source, in a form that is equal for all spellings; null
  // if the connection maps no manager. photo_due: the person's photo may have changed, and must be looked up.
  // kept_at: when somebody decided that the contact stays although the person is gone. It counts until the person is back.
  `CREATE TABLE "contact_link" (
    "workspace_id" uuid NOT NULL,
    "connection_id" uuid NOT NULL,
    "external_id" text COLLATE "C" NOT NULL,
    "contact_id" uuid NOT NULL,
    "person" text NOT NULL,
    "hash" bytea,
    "fills_id" uuid,
    "person_ref" uuid,
    "linked_at" timestamptz(3) NOT NULL,
    "last_seen_at" timestamptz(3) NOT NULL,
    "gone_since" timestamptz(3),
    "recheck" integer NOT NULL DEFAULT 0,
    "photo_due" boolean NOT NULL DEFAULT false,
    "kept_at" timestamptz(3),
    CONSTRAINT "contact_link_pkey" PRIMARY KEY ("workspace_id", "connection_id", "external_id"))`,
  `CREATE UNIQUE INDEX "contact_link_by_contact" ON "contact_link" ("workspace_id", "contact_id", "connection_id")`,
  `CREATE INDEX "contact_link_by_person" ON "contact_link" USING hash ("person_ref") WHERE person_ref IS NOT NULL`,

  `CREATE INDEX "contact_link_photo_due" ON "contact_link" ("workspace_id", "connection_id", "external_id") WHERE photo_due`,

  // The photos that connections have brought. Those of people whom a connection no longer links to the contact are not shown. hash:
  // SHA-256. Images don't become smaller by compressing.
  `CREATE TABLE "contact_photo" (
    "workspace_id" uuid NOT NULL,
    "contact_id" uuid NOT NULL,
    "connection_id" uuid NOT NULL,
    "external_id" text COLLATE "C" NOT NULL,
    "hash" bytea NOT NULL,
    "type" text NOT NULL,
    "bytes" bytea NOT NULL,
    CONSTRAINT "contact_photo_pkey" PRIMARY KEY ("workspace_id", "contact_id", "connection_id"))`,
  `ALTER TABLE "contact_photo" ALTER COLUMN "bytes" SET STORAGE EXTERNAL`,

  // The findings about people of a connection, by the number of the run that found each first (since) and of the first run that did
  // not find it any more (until). Runs that plan count their reads in quality_read, also dry and HELD ones. No foreign keys:
  // they would lock the connection while its run is locked, and a deletion locks them the other way round. about: the person's id
  // after an i, or, without an id, the digest of the name after an n. field: empty when it is about the person as a whole.
  `CREATE TABLE "quality_read" (
    "workspace_id" uuid NOT NULL,
    "connection_id" uuid NOT NULL,
    "number" integer NOT NULL,
    "counts" jsonb NOT NULL,
    "usual" jsonb NOT NULL DEFAULT '[]',
    CONSTRAINT "quality_read_pkey" PRIMARY KEY ("workspace_id", "connection_id"))`,
  `CREATE TABLE "quality_finding" (
    "workspace_id" uuid NOT NULL,
    "connection_id" uuid NOT NULL,
    "kind" text COLLATE "C" NOT NULL,
    "about" text COLLATE "C" NOT NULL,
    "field" text COLLATE "C" NOT NULL,
    "since" integer NOT NULL,
    "until" integer,
    "person" text NOT NULL,
    "person_id" text COLLATE "C",
    "message" text NOT NULL,
    CONSTRAINT "quality_finding_pkey" PRIMARY KEY ("workspace_id", "connection_id", "kind", "about", "field", "since"))`,
  `CREATE INDEX "quality_finding_ended" ON "quality_finding" ("workspace_id", "connection_id", "until") WHERE until IS NOT NULL`,

  // The findings about this person are about a newer entry than the one with this hash, from which the contact is. When the source
  // says the old entry again, the person is mapped again.
  `CREATE TABLE "quality_doubt" (
    "workspace_id" uuid NOT NULL,
    "connection_id" uuid NOT NULL,
    "external_id" text COLLATE "C" NOT NULL,
    "hash" bytea NOT NULL,
    CONSTRAINT "quality_doubt_pkey" PRIMARY KEY ("workspace_id", "connection_id", "external_id"))`,

  // Contacts that were merged with another one, which has their history now. A row goes with that history.
  `CREATE TABLE "merged_contact" (
    "workspace_id" uuid NOT NULL,
    "dropped_id" uuid NOT NULL,
    "kept_id" uuid NOT NULL,
    "merged_at" timestamptz(3) NOT NULL DEFAULT now(),
    CONSTRAINT "merged_contact_pkey" PRIMARY KEY ("workspace_id", "dropped_id"))`,
  `CREATE INDEX "merged_contact_by_kept" ON "merged_contact" ("workspace_id", "kept_id")`,

  // Names that people of a connection had in the source before their present ones, and who had each last. Other people may still be
  // stored with such a name as their manager's. needed_at: when the name was given up, or such people were last seen.
  `CREATE TABLE "former_person_ref" (
    "workspace_id" uuid NOT NULL,
    "connection_id" uuid NOT NULL,
    "person_ref" uuid NOT NULL,
    "external_id" text COLLATE "C" NOT NULL,
    "needed_at" timestamptz(3) NOT NULL DEFAULT now(),
    CONSTRAINT "former_person_ref_pkey" PRIMARY KEY ("workspace_id", "connection_id", "person_ref"),
    CONSTRAINT "former_person_ref_connection" FOREIGN KEY ("workspace_id", "connection_id")
      REFERENCES "connection" ("workspace_id", "id") ON DELETE CASCADE)`,
  `CREATE INDEX "former_person_ref_of_person" ON "former_person_ref" ("workspace_id", "connection_id", "external_id")`,

  // A run's people as read, and what is to become of them. Applied rows move to the history. Unlogged: a run that loses its plan
  // reads again. The planned values have the same columns as a contact; display_name is null if there are none. before: the
  // contact's values now. action: null until it is decided. stays: with action NONE, why the contact stays as it is. claimants:
  // how many people of the read may get the address that this person may get.
  `CREATE UNLOGGED TABLE "plan_row" (${planColumns},
    CONSTRAINT "plan_row_pkey" PRIMARY KEY ("workspace_id", "run_id", "position"))`,
  // For looking up what becomes of a contact whose person is gone. Removals have the lowest positions (planPositions in core).
  `CREATE INDEX "plan_row_removal" ON "plan_row" ("workspace_id", "run_id", "contact_id") WHERE position < 1000000000`,

  // Plans that wait for approval or are only to be looked at, and what was left of a plan when its run ended.
  `CREATE TABLE "kept_plan_row" (${planColumns},
    CONSTRAINT "kept_plan_row_pkey" PRIMARY KEY ("workspace_id", "run_id", "position")) PARTITION BY RANGE ("run_id")`,
  ...defaultPartition('kept_plan_row'),

  // The state of a contact besides its values.
  `CREATE TYPE "contact_state" AS (
    "status" text, "locked_fields" text[], "portal_access_before" boolean, "removal_due_at" timestamptz(3), "version" integer,
    "created_at" timestamptz(3), "person_key" text COLLATE "C", "manager_ref" uuid)`,
  `CREATE TYPE "contact_link_state" AS (
    "connection_id" uuid, "external_id" text, "contact_id" uuid, "person" text, "fills_id" uuid,
    "linked_at" timestamptz(3), "last_seen_at" timestamptz(3), "gone_since" timestamptz(3), "person_ref" uuid)`,

  // The history: a row for each contact that a run or a person (made_by) has changed, and for each person whom a run left alone
  // (outcome, or action SKIP). before, state_before and links_before: the contact before the change, and the links that the
  // change altered or deleted. The other columns: the contact after the change, i.e. its values, state, version, and its link of
  // connection_id, whose external id is person_id. same_as: the contact is again as it was at that earlier version, because a
  // change was taken back.
  `CREATE TABLE "contact_change" (
    "workspace_id" uuid NOT NULL,
    "change_set" uuid NOT NULL,
    "position" bigint NOT NULL,
    "at" timestamptz(3) NOT NULL,
    "made_by" jsonb,
    "action" text NOT NULL,
    "stays" text,
    "outcome" text,
    "code" text,
    "reason" text,
    "person" text,
    "person_id" text,
    "connection_id" uuid,
    "fills_id" uuid,
    "gone_since" timestamptz(3),
    "contact_id" uuid,
    "contact_version" integer,
    "same_as" integer,
    "contact_name" text,${fieldColumns},
    "status" text,
    "locked_fields" text[],
    "portal_access_before" boolean,
    "removal_due_at" timestamptz(3),
    "before" contact_values,
    "state_before" contact_state,
    "links_before" contact_link_state[],
    CONSTRAINT "contact_change_pkey" PRIMARY KEY ("workspace_id", "change_set", "position")) PARTITION BY RANGE ("change_set")`,
  ...defaultPartition('contact_change'),
  `CREATE INDEX "contact_change_by_contact" ON "contact_change" ("workspace_id", "contact_id", "change_set")`,

  // The order in which transactions have changed contacts: each has the next number of its workspace, and stands for the rows of the
  // history from first_position to last_position. last_seq: the newest number. See db/contact/tell-feed.ts.
  `CREATE TABLE "contact_feed" (
    "workspace_id" uuid NOT NULL,
    "last_seq" bigint NOT NULL,
    CONSTRAINT "contact_feed_pkey" PRIMARY KEY ("workspace_id"))`,
  `CREATE TABLE "contact_feed_batch" (
    "workspace_id" uuid NOT NULL,
    "seq" bigint NOT NULL,
    "change_set" uuid NOT NULL,
    "first_position" bigint NOT NULL,
    "last_position" bigint NOT NULL,
    CONSTRAINT "contact_feed_batch_pkey" PRIMARY KEY ("workspace_id", "seq", "change_set")) PARTITION BY RANGE ("change_set")`,
  ...defaultPartition('contact_feed_batch'),
  // The sets of changes that have taken back what runs of a connection did. Until a person approves it, a run that would do it
  // again is held. settings: the digest of the connection's settings then; with other settings the row means nothing.
  `CREATE TABLE "taken_back" (
    "workspace_id" uuid NOT NULL,
    "connection_id" uuid NOT NULL,
    "change_set" uuid NOT NULL,
    "settings" text NOT NULL,
    CONSTRAINT "taken_back_pkey" PRIMARY KEY ("workspace_id", "connection_id", "change_set"),
    CONSTRAINT "taken_back_connection" FOREIGN KEY ("workspace_id", "connection_id")
      REFERENCES "connection" ("workspace_id", "id") ON DELETE CASCADE)`,
];

/**
 * The contacts of the transaction's workspace, read with the owner's rights. Behind a row-level policy a text search can't use the
 * index, because its operator is not leak-proof. Without a workspace set, the view has no rows.
 */
const view = `
  CREATE VIEW "contact_of_workspace" AS
  SELECT * FROM "contact" WHERE "workspace_id" = (SELECT nullif(current_setting('app.workspace_id', true), '')::uuid)`;

/** Notifies every process when anybody turns Contact Sync on or off in a workspace. */
const tellSwitch = `
  CREATE FUNCTION "tell_contact_sync_switch"() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    PERFORM pg_notify('contact_sync_switch', NEW."id"::text);
    RETURN NULL;
  END $$`;
const switchTold = `
  CREATE TRIGGER "contact_sync_switch" AFTER UPDATE OF "contact_sync_enabled" ON "workspace"
  FOR EACH ROW EXECUTE FUNCTION "tell_contact_sync_switch"()`;
