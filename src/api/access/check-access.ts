import type { ResolverData } from 'type-graphql';
import type { Permission, Workspace } from '../../core/access.ts';
import { AppError } from '../../core/app-error.ts';
import type { ApiContext } from '../api-context.ts';

/** Lets a field through, or throws AppError FORBIDDEN. A stream asks again at each event whether Contact Sync is on. */
export async function checkAccess({ context, info }: ResolverData<ApiContext>, needed: Permission[]): Promise<boolean> {
  const isStream = info.operation.operation === 'subscription';
  await requirePermissions(context, needed, isStream ? () => context.store.workspace() : context.workspace);
  return true;
}

/** AppError FORBIDDEN when a permission is missing, or Contact Sync, when it is about that, is off. */
export async function requirePermissions(
  { viewer }: ApiContext,
  needed: readonly Permission[],
  workspace: () => Promise<Workspace>,
): Promise<void> {
  const missing = needed.filter((permission) => !viewer.permissions.includes(permission));
  if (missing.length > 0) throw new AppError('FORBIDDEN', `Needs the permission ${missing.join(', ')}.`);
  if (needed.some(isOfContactSync) && !(await workspace()).contactSyncEnabled) {
    throw new AppError('FORBIDDEN', 'Contact Sync is turned off in this workspace.');
  }
}

const isOfContactSync = (permission: Permission): boolean => permission.startsWith('CONTACT_SYNC_');
