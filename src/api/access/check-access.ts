import { Authorized, Extensions, type ResolverData } from 'type-graphql';
import type { Permission } from '../../core/access.ts';
import { AppError } from '../../core/app-error.ts';
import type { ApiContext } from '../api-context.ts';

/**
 * The permissions that a field asks for, all of them: FORBIDDEN without. A CONTACT_SYNC permission also asks that Contact
 * Sync is on in the workspace. They stand in the field's `extensions.needs`, too.
 */
export function Needs(...permissions: [Permission, ...Permission[]]): MethodDecorator {
  return (target, name, descriptor) => {
    Authorized<Permission>(permissions)(target, name, descriptor);
    Extensions({ needs: permissions })(target, name, descriptor);
  };
}

/**
 * Lets a field through, or throws AppError FORBIDDEN. A query or mutation reads for itself whether Contact Sync is on; a
 * stream asks again at each event, and shares the look with all others.
 */
export async function checkAccess({ context, info }: ResolverData<ApiContext>, needed: Permission[]): Promise<boolean> {
  const isStream = info.operation.operation === 'subscription';
  await (isStream ? requireForStream(context, needed) : requirePermissions(context, needed));
  return true;
}

/** AppError FORBIDDEN when a permission is missing, or Contact Sync, when it is about that, is off. */
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
