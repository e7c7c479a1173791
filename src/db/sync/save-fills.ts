import type { Fills } from '../../core/contact.ts';
import type { Attempt } from './attempt.ts';

/** Stores patterns of which attribute filled which field; one that is there already stays. */
export const saveFills = async (attempt: Attempt, fills: readonly { id: string; fields: Fills }[]): Promise<void> => {
  await attempt.patience.query(
    `INSERT INTO fills (workspace_id, id, fields)
     SELECT $1, pattern.id, pattern.fields FROM unnest($2::uuid[], $3::jsonb[]) AS pattern (id, fields)
     ON CONFLICT DO NOTHING`,
    [attempt.workspaceId, fills.map(({ id }) => id), fills.map(({ fields }) => JSON.stringify(fields))],
  );
};
