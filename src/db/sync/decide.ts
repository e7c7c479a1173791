import type { ContactValues } from '../../core/contact.ts';
import { mapInSlices } from '../../core/fair-turns.ts';
import type { Decided, Decision, FoundContact, Stays } from '../../core/plan.ts';
import type { ChangeAction } from '../../core/run.ts';
import { keysText, wordsText } from '../../search/contact-index.ts';
import { fieldValues, valuesOf } from '../contact/contact-columns.ts';
import { byList } from '../planner-hints.ts';
import { type Attempt, fenced, key } from './attempt.ts';

/** Writes decisions into the plan. They must be in order of position. */
export async function decide(attempt: Attempt, decisions: readonly Decided[]): Promise<void> {
  const rows = await mapInSlices(decisions, atOnce, (decided) => JSON.stringify(row(decided)));
  await fenced(attempt, async (client) => {
    await client.query(byList);
    await client.query(
      `UPDATE plan_row AS change SET
         action = decided.action, stays = decided.stays,
         contact_id = CASE decided.action WHEN 'CREATE' THEN change.contact_id ELSE decided.contact_id END,
         contact_version = decided.contact_version, link_recheck = decided.link_recheck, contact_name = decided.contact_name,
         before = CASE WHEN decided.before_staged THEN ${valuesOf('change')} ELSE decided.before END,
         ${setDecided},
         code = decided.code, reason = decided.reason,
         email_key = CASE WHEN decided.indexed THEN decided.email_key ELSE change.email_key END,
         name_key = CASE WHEN decided.indexed THEN decided.name_key ELSE change.name_key END,
         company_key = CASE WHEN decided.indexed THEN decided.company_key ELSE change.company_key END,
         manager_ref = CASE WHEN decided.keeps_manager THEN (
           SELECT contact.manager_ref FROM contact WHERE contact.workspace_id = $1 AND contact.id = decided.contact_id)
           ELSE change.manager_ref END,
         words = CASE WHEN decided.indexed THEN decided.words ELSE change.words END,
         search = CASE WHEN decided.indexed THEN decided.search ELSE change.search END
       FROM jsonb_to_recordset($3::jsonb) AS decided (position bigint, action text, stays text, contact_id uuid, contact_version int, link_recheck int,
         contact_name text, before_staged boolean, before contact_values, after_staged boolean, after contact_values, code text,
         reason text, keeps_manager boolean, indexed boolean,
         email_key text, name_key text, company_key text, words text, search tsvector)
       WHERE change.workspace_id = $1 AND change.run_id = $2 AND change.position = decided.position
         AND change.position BETWEEN $4 AND $5`,
      [...key(attempt), `[${rows.join(',')}]`, decisions.at(0)?.position ?? 0, decisions.at(-1)?.position ?? 0],
    );
  });
}

/** SQL: the values the contact is to hold, where they differ from the staged ones. */
const setDecided = fieldValues('decided.after')
  .map(({ column, value }) => `${column} = CASE WHEN decided.after_staged THEN change.${column} ELSE ${value} END`)
  .join(', ');

/** The event loop gets a turn after this many decisions. */
const atOnce = 100;

const actions = {
  create: 'CREATE',
  update: 'UPDATE',
  link: 'LINK',
  reactivate: 'REACTIVATE',
  asBefore: 'NONE',
  skip: 'SKIP',
} as const satisfies Record<Decision['kind'], ChangeAction>;

/** A decision as a record of the statement above. */
function row({ position, decision, staged, indexed, keepsManager }: Decided) {
  return {
    position,
    action: actions[decision.kind],
    ...columns(decision, staged),
    keeps_manager: keepsManager,
    ...(indexed === null
      ? { indexed: false }
      : {
          indexed: true,
          email_key: indexed.emailKey,
          name_key: indexed.nameKey,
          company_key: indexed.companyKey,
          words: wordsText(indexed.words),
          search: keysText(indexed.search),
        }),
  };
}

/** The columns of each kind of decision. A column that is not named becomes null. */
function columns(decision: Decision, staged: Decided['staged']) {
  switch (decision.kind) {
    case 'create':
      return side('after', staged.after, decision.after);
    case 'asBefore':
      return { stays: 'AS_BEFORE' satisfies Stays, ...found(decision.contact) };
    case 'skip':
      return {
        contact_id: decision.contactId,
        contact_name: decision.contactName,
        code: decision.code,
        reason: decision.reason,
      };
    case 'update':
    case 'link':
    case 'reactivate':
      return {
        ...found(decision.contact),
        contact_name: decision.after.DISPLAY_NAME,
        ...side('before', staged.before, decision.contact.values),
        ...side('after', staged.after, decision.after),
      };
  }
}

function found({ id, version, recheck }: FoundContact) {
  return {
    contact_id: id,
    contact_version: version,
    link_recheck: recheck,
  };
}

function side(name: 'before' | 'after', isStaged: boolean, values: ContactValues) {
  return isStaged ? { [`${name}_staged`]: true } : { [name]: values };
}
