import type { ChangeAction, LogCode } from './run.ts';

/** The words for changes that were applied, and for those that could not be applied. */

const words: Record<Exclude<ChangeAction, 'SKIP'>, { code: LogCode; verb: string }> = {
  CREATE: { code: 'CONTACT_CREATED', verb: 'Created' },
  UPDATE: { code: 'CONTACT_UPDATED', verb: 'Updated' },
  LINK: { code: 'CONTACT_LINKED', verb: 'Linked' },
  REACTIVATE: { code: 'CONTACT_REACTIVATED', verb: 'Reactivated' },
  DEACTIVATE: { code: 'CONTACT_DEACTIVATED', verb: 'Deactivated' },
  DELETE: { code: 'CONTACT_DELETED', verb: 'Deleted' },
  NONE: { code: 'CONTACT_KEPT', verb: 'Left as is' },
};

/** The run log's DEBUG line of an applied change. Such lines are not stored, because the change itself is stored. */
export function changeLine(change: {
  action: Exclude<ChangeAction, 'SKIP'>;
  contactName: string;
  reason: string | null;
}): { code: LogCode; message: string } {
  const { code, verb } = words[change.action];
  return { code, message: `${verb}: ${change.contactName}${change.reason === null ? '' : ` (${change.reason})`}` };
}

/** The line of a person who was left alone, during planning or applying. */
export function personSkipped(name: string, reason: string): string {
  return `Skipped ${name}: ${reason}`;
}

/** The line of a person whose change could not be applied. */
export function changeFailed(name: string, reason: string): string {
  return `Failed ${name}: ${reason}`;
}

/** Why a planned change is not applied. */
export const notApplied = {
  contactChanged: 'the contact has changed since the plan was made; the next run looks at it again',
  madeByAnother:
    'another connection has made the contact of this person since the plan was made; the next run links it',
  foundByAnother: 'another connection has found the person since the plan was made',
  addressTaken: (address: string): string =>
    `the address ${address} has been taken by another contact since the plan was made`,
  refused: (what: string, sqlState: string): string => `the database refused ${what} (SQLSTATE ${sqlState})`,
} as const;
