import type { ResolverData } from 'type-graphql';
import type { Permission } from '../../core/access.ts';
import { AppError } from '../../core/app-error.ts';
import type { ApiContext } from '../api-context.ts';

/** Lets a field through, or throws AppError FORBIDDEN. A stream asks again at each event whether Contact Sync is on. */
export async function checkAccess({ context, info }: ResolverData<ApiContext>, needed: Permission[]): Promise<boolean> {
  const missing = needed.filter((permission) => !context.viewer.permissions.includes(permission));
  if (missing.length > 0) throw new AppError('FORBIDDEN', `Needs the permission ${missing.join(', ')}.`);
  if (!needed.some(isOfContactSync)) return true;
  const isStream = info.operation.operation === 'subscription';
  const workspace = await (isStream ? context.store.workspace() : context.workspace());
  if (!workspace.contactSyncEnabled) {
    throw new AppError('FORBIDDEN', 'Contact Sync is turned off in this workspace.');
  }
  return true;
}

const isOfContactSync = (permission: Permission): boolean => permission.startsWith('CONTACT_SYNC_');
