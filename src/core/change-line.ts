import type { ChangeAction, LogCode } from './run.ts';

const words: Record<Exclude<ChangeAction, 'SKIP'>, { code: LogCode; verb: string }> = {
  CREATE: { code: 'CONTACT_CREATED', verb: 'Created' },
  UPDATE: { code: 'CONTACT_UPDATED', verb: 'Updated' },
  LINK: { code: 'CONTACT_LINKED', verb: 'Linked' },
  REACTIVATE: { code: 'CONTACT_REACTIVATED', verb: 'Reactivated' },
  DEACTIVATE: { code: 'CONTACT_DEACTIVATED', verb: 'Deactivated' },
  DELETE: { code: 'CONTACT_DELETED', verb: 'Deleted' },
  NONE: { code: 'CONTACT_KEPT', verb: 'Left as is' },
};

/** The run log's DEBUG line of an applied change; such lines are not stored, for the change itself is. */
export const changeLine = (change: {
  action: Exclude<ChangeAction, 'SKIP'>;
  contactName: string;
  reason: string | null;
}): { code: LogCode; message: string } => {
  const { code, verb } = words[change.action];
  return { code, message: `${verb}: ${change.contactName}${change.reason === null ? '' : ` (${change.reason})`}` };
};
