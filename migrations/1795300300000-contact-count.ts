import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * How many contacts a workspace has of each status: the sum of its entries. A transaction that changes contacts only adds entries,
 * so transactions never wait for each other here, and each one sees its own count. Triggers add the entries, so no change is
 * missed. The API reads the table behind row-level security, and can't write it.
 */
export class ContactCount1795300300000 implements MigrationInterface {
  name = 'ContactCount1795300300000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`CREATE TABLE "contact_count" (
      "workspace_id" uuid NOT NULL,
      "id" bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
      "status" text NOT NULL,
      "contacts" bigint NOT NULL,
      CONSTRAINT "contact_count_pkey" PRIMARY KEY ("workspace_id", "id"))`);
    await runner.query(`ALTER TABLE "contact_count" ENABLE ROW LEVEL SECURITY`);
    await runner.query(
      `CREATE POLICY "contact_count_of_workspace" ON "contact_count" USING ("workspace_id" = nullif(current_setting('app.workspace_id', true), '')::uuid)`,
    );
    await runner.query(`GRANT SELECT ON "contact_count" TO kdesk_contact_sync_api`);
    for (const statement of [addEntry, ...functions, ...triggers]) await runner.query(statement);
    // Only the triggers may call it. They do so with the owner's rights.
    await runner.query(`REVOKE EXECUTE ON FUNCTION "add_contact_count" FROM PUBLIC`);
    await runner.query(
      `INSERT INTO "contact_count" ("workspace_id", "status", "contacts")
       SELECT "workspace_id", "status", count(*) FROM "contact" GROUP BY "workspace_id", "status"`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const event of ['added', 'removed', 'moved', 'emptied']) {
      await runner.query(`DROP TRIGGER "contact_count_${event}" ON "contact"`);
      await runner.query(`DROP FUNCTION "count_contacts_${event}"`);
    }
    await runner.query(`DROP FUNCTION "add_contact_count"`);
    await runner.query(`DROP TABLE "contact_count"`);
  }
}

/** Runs with the owner's rights, no matter who changes a contact. */
const asOwner = 'LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp';

/**
 * Adds an entry. Every 64th call also merges the workspace's entries into one per status. One transaction at a time does that, and
 * others don't wait for it. It is not done in an older snapshot, because entries may have been deleted since.
 */
const addEntry = `
  CREATE FUNCTION "add_contact_count"(workspace uuid, state text, more bigint) RETURNS void ${asOwner} AS $$
  DECLARE
    entry bigint;
  BEGIN
    INSERT INTO contact_count (workspace_id, status, contacts) VALUES (workspace, state, more) RETURNING id INTO entry;
    IF entry % 64 <> 0 OR current_setting('transaction_isolation') <> 'read committed'
      OR NOT pg_try_advisory_xact_lock(hashtextextended('contact_count ' || workspace::text, 0)) THEN
      RETURN;
    END IF;
    WITH gone AS (DELETE FROM contact_count WHERE workspace_id = workspace RETURNING status, contacts)
    INSERT INTO contact_count (workspace_id, status, contacts)
    SELECT workspace, gone.status, sum(gone.contacts) FROM gone GROUP BY gone.status HAVING sum(gone.contacts) <> 0;
  END $$`;

/** Adds one entry per status for a statement that adds or removes contacts, however many. */
function countChanged(name: string, sign: '' | '-'): string {
  return `
  CREATE FUNCTION "${name}"() RETURNS trigger ${asOwner} AS $$
  BEGIN
    PERFORM add_contact_count(changed.workspace_id, changed.status, ${sign}count(*))
    FROM changed GROUP BY changed.workspace_id, changed.status;
    RETURN NULL;
  END $$`;
}

const functions = [
  countChanged('count_contacts_added', ''),
  countChanged('count_contacts_removed', '-'),
  `CREATE FUNCTION "count_contacts_moved"() RETURNS trigger ${asOwner} AS $$
   BEGIN
     PERFORM add_contact_count(OLD.workspace_id, OLD.status, -1);
     PERFORM add_contact_count(NEW.workspace_id, NEW.status, 1);
     RETURN NULL;
   END $$`,
  `CREATE FUNCTION "count_contacts_emptied"() RETURNS trigger ${asOwner} AS $$
   BEGIN
     DELETE FROM contact_count;
     RETURN NULL;
   END $$`,
];

const triggers = [
  `CREATE TRIGGER "contact_count_added" AFTER INSERT ON "contact" REFERENCING NEW TABLE AS changed
   FOR EACH STATEMENT EXECUTE FUNCTION "count_contacts_added"()`,
  `CREATE TRIGGER "contact_count_removed" AFTER DELETE ON "contact" REFERENCING OLD TABLE AS changed
   FOR EACH STATEMENT EXECUTE FUNCTION "count_contacts_removed"()`,
  // Per row, because a run updates many rows and few of them change their status. Transition tables would cost every update.
  `CREATE TRIGGER "contact_count_moved" AFTER UPDATE ON "contact" FOR EACH ROW
   WHEN (OLD."status" <> NEW."status" OR OLD."workspace_id" <> NEW."workspace_id")
   EXECUTE FUNCTION "count_contacts_moved"()`,
  `CREATE TRIGGER "contact_count_emptied" AFTER TRUNCATE ON "contact"
   FOR EACH STATEMENT EXECUTE FUNCTION "count_contacts_emptied"()`,
];
