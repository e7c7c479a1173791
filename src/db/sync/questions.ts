import type { TextField } from '../../core/contact.ts';
import type { CandidateContact, PlacedQuestion } from '../../core/plan.ts';
import { valuesOf } from '../contact/contact-columns.ts';
import { byKey } from '../planner-hints.ts';
import { type Attempt, fenced, key } from './attempt.ts';
import { findCandidates } from './find-candidates.ts';
import { findFills } from './find-fills.ts';
import { readValues } from './read-values.ts';

type QuestionRow = {
  position: string;
  person: string;
  values: Record<string, unknown>;
  alternatives: { [field in TextField]?: string[] } | null;
  fills_id: string;
  linked_id: string | null;
  holder_id: string | null;
  heir_id: string | null;
  claimants: number;
};

/** The next people who need a decision, in order of position, with the contacts that they are or may be. */
export const questions = (attempt: Attempt, afterPosition: number, limit: number): Promise<PlacedQuestion[]> =>
  fenced(attempt, async (client) => {
    await client.query(byKey);
    const { rows } = await client.query<QuestionRow>(
      `SELECT change.position, change.person, row_to_json(${valuesOf('change')}) AS "values", change.alternatives,
       change.fills_id, link.contact_id AS linked_id, holder.id AS holder_id, heir.id AS heir_id,
       change.claimants
     FROM plan_row AS change
     LEFT JOIN contact_link AS link ON link.workspace_id = change.workspace_id AND link.connection_id = $3
       AND link.external_id = change.person_id
     LEFT JOIN contact AS holder ON holder.workspace_id = change.workspace_id AND holder.email_key = change.email_key
       AND holder.status = 'ACTIVE' AND holder.id IS DISTINCT FROM link.contact_id
     LEFT JOIN contact AS asleep ON asleep.workspace_id = link.workspace_id AND asleep.id = link.contact_id
       AND asleep.status = 'INACTIVE'
     LEFT JOIN contact AS heir ON heir.workspace_id = asleep.workspace_id AND heir.email_key = asleep.email_key
       AND heir.status = 'ACTIVE'
     WHERE change.workspace_id = $1 AND change.run_id = $2 AND change.position > $4 AND change.action IS NULL
     ORDER BY change.position LIMIT $5`,
      [...key(attempt), attempt.connectionId, afterPosition, limit],
    );
    const ids = rows.flatMap(({ linked_id, holder_id, heir_id }) =>
      [linked_id, holder_id, heir_id].filter((id) => id !== null),
    );
    const candidates = await findCandidates(client, attempt, ids);
    const fillsOf = await findFills(
      client,
      attempt,
      rows.map(({ fills_id }) => fills_id),
    );
    const candidate = (id: string | null): CandidateContact | null =>
      id === null ? null : (candidates.get(id) ?? null);
    return rows.map((row) => ({
      position: Number(row.position),
      person: row.person,
      values: readValues(row.values),
      alternatives: row.alternatives ?? {},
      fills: fillsOf(row.fills_id),
      linked: candidate(row.linked_id),
      holder: candidate(row.holder_id),
      heir: candidate(row.heir_id),
      claimants: row.claimants,
    }));
  });
