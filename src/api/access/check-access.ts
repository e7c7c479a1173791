import { Authorized, Extensions, type ResolverData } from 'type-graphql';
import type { Permission } from '../../core/access.ts';
import { AppError } from '../../core/app-error.ts';
import type { ApiContext } from '../api-context.ts';

/**
 * Requires all of these permissions for a field; without them the answer is FORBIDDEN. A CONTACT_SYNC permission also
 * requires that Contact Sync is on in the workspace. The field's `extensions.needs` lists the permissions.
 */
export function Needs(...permissions: [Permission, ...Permission[]]): MethodDecorator {
  return (target, name, descriptor) => {
    Authorized<Permission>(permissions)(target, name, descriptor);
    Extensions({ needs: permissions })(target, name, descriptor);
  };
}

/**
 * Allows a field, or throws AppError FORBIDDEN. Each query or mutation reads whether Contact Sync is on. A stream
 * checks at each event, so all streams share one read.
 */
export async function checkAccess({ context, info }: ResolverData<ApiContext>, needed: Permission[]): Promise<boolean> {
  const isStream = info.operation.operation === 'subscription';
  await (isStream ? requireForStream(context, needed) : requirePermissions(context, needed));
  return true;
}

/**
 * Throws AppError FORBIDDEN when a permission is missing, or when one is about Contact Sync and Contact Sync is off.
 */
export async function requirePermissions(
  context: ApiContext,
  needed: readonly Permission[],
  isOn = async () => (await context.workspace()).contactSyncEnabled,
): Promise<void> {
  const missing = needed.filter((permission) => !context.viewer.permissions.includes(permission));
  if (missing.length > 0) throw new AppError('FORBIDDEN', `Needs the permission ${missing.join(', ')}.`);
  if (needed.some(isOfContactSync) && !(await isOn())) {
    throw new AppError('FORBIDDEN', 'Contact Sync is turned off in this workspace.');
  }
}

export function requireForStream(context: ApiContext, needed: readonly Permission[]): Promise<void> {
  return requirePermissions(context, needed, () => context.contactSync.isOn(context.viewer.workspaceId));
}

function isOfContactSync(permission: Permission): boolean {
  return permission.startsWith('CONTACT_SYNC_');
}
