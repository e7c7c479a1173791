/** `SET` items of every change of a contact: its version, and its place in the change feed. */
export const contactChanged =
  'version = contact.version + 1, updated_at = clock_timestamp(), changed_xid = (pg_current_xact_id()::text)::bigint';
