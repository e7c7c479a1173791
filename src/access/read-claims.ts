import type { JWTPayload } from 'jose';
import { Permission, type Viewer } from '../core/access.ts';
import { AppError } from '../core/app-error.ts';
import { cut } from '../core/fold.ts';
import { isStorable, oneLine } from '../core/outside-text.ts';
import { isUuid } from '../core/uuid.ts';

/** The content of a verified token: its person, and the present name and time zone of their workspace. */
export type Claims = { viewer: Omit<Viewer, 'tokenId'>; workspace: { id: string; name: string; timeZone: string } };

const implied: Partial<Record<Permission, Permission>> = {
  CONTACT_SYNC_MANAGE: Permission.CONTACT_SYNC_VIEW,
  CONTACTS_MANAGE: Permission.CONTACTS_VIEW,
};

/**
 * Reads a verified token's claims. Throws an AppError UNAUTHENTICATED when a required claim is missing or malformed, FORBIDDEN for a
 * contact. Unknown permissions are ignored; permissions that others imply are added.
 */
export function readClaims(payload: JWTPayload): Claims {
  const { sub, exp, workspace, kind } = payload;
  if (typeof sub !== 'string' || sub === '' || !isStorable(sub)) throw unfit('sub');
  if (typeof exp !== 'number') throw unfit('exp');
  if (typeof workspace !== 'string' || !isUuid(workspace)) throw unfit('workspace', 'a UUID');
  if (kind === 'contact') throw new AppError('FORBIDDEN', 'Contacts have no access to Contact Sync.');
  if (kind !== 'member') throw unfit('kind', 'member or contact');
  const workspaceId = workspace.toLowerCase();
  return {
    viewer: {
      id: sub,
      name: textOf(payload.name),
      workspaceId,
      permissions: permissionsOf(payload.permissions),
      expiresAt: expiryOf(exp),
    },
    workspace: {
      id: workspaceId,
      name: textOf(payload.workspace_name) ?? 'Workspace',
      timeZone: timeZoneOf(payload.workspace_time_zone),
    },
  };
}

/** The last moment that a Date can hold, in the year 275760. */
const LAST_MOMENT_MS = 8.64e15;

/** A token expires at a whole second, as in its verification. A later time than a Date can hold becomes the last moment. */
function expiryOf(exp: number): Date {
  return new Date(Math.min(Math.ceil(exp) * 1000, LAST_MOMENT_MS));
}

function unfit(claim: string, takes?: string): AppError {
  return new AppError(
    'UNAUTHENTICATED',
    `The access token's claim \`${claim}\` is missing or malformed${takes === undefined ? '' : `: it takes ${takes}`}.`,
  );
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' && isStorable(value) ? cut(oneLine(value), 200) || null : null;
}

function permissionsOf(value: unknown): Permission[] {
  const named = new Set(Array.isArray(value) ? value : []);
  for (const permission of Object.values(Permission)) {
    const other = implied[permission];
    if (other !== undefined && named.has(permission)) named.add(other);
  }
  return Object.values(Permission).filter((permission) => named.has(permission));
}

/** An unknown or missing time zone becomes UTC, so that nobody is locked out because of it. */
function timeZoneOf(value: unknown): string {
  if (typeof value !== 'string' || value === '') return 'UTC';
  try {
    return new Intl.DateTimeFormat('en', { timeZone: value }).resolvedOptions().timeZone === '' ? 'UTC' : value;
  } catch {
    return 'UTC';
  }
}
