import { defaultFieldResolver, type GraphQLFieldResolver, type GraphQLSchema, isObjectType } from 'graphql';
import { Extensions } from 'type-graphql';
import type { Permission } from '../../core/access.ts';
import { AppError } from '../../core/app-error.ts';
import type { ApiContext } from '../api-context.ts';

/**
 * Requires all of these permissions for a field; without them the answer is FORBIDDEN. A CONTACT_SYNC permission also
 * requires that Contact Sync is on in the workspace. The field's `extensions.needs` lists the permissions (see guardFields).
 */
export function Needs(...permissions: [Permission, ...Permission[]]): MethodDecorator {
  return Extensions({ needs: permissions });
}

/**
 * Lets each field that needs permissions check them before it is resolved. type-graphql could do the same, but its checks take
 * several promises for each field.
 */
export function guardFields(schema: GraphQLSchema): void {
  for (const type of Object.values(schema.getTypeMap())) {
    for (const field of isObjectType(type) ? Object.values(type.getFields()) : []) {
      const { needs } = field.extensions;
      if (needs === undefined) continue;
      field.resolve = guarded(needs as Permission[], field.resolve);
      if (field.subscribe) field.subscribe = guarded(needs as Permission[], field.subscribe);
    }
  }
}

function guarded(
  needed: readonly Permission[],
  resolve: GraphQLFieldResolver<unknown, ApiContext> = defaultFieldResolver,
): GraphQLFieldResolver<unknown, ApiContext> {
  return (source, args, context, info) => {
    const isStream = info.operation.operation === 'subscription';
    const checking = isStream ? requireForStream(context, needed) : requirePermissions(context, needed);
    if (checking === undefined) return resolve(source, args, context, info);
    return checking.then(() => resolve(source, args, context, info));
  };
}

/**
 * Throws AppError FORBIDDEN when a permission is missing. When one is about Contact Sync, the promise rejects with FORBIDDEN if Contact
 * Sync is off. Each query or mutation reads whether it is on.
 */
export function requirePermissions(
  context: ApiContext,
  needed: readonly Permission[],
  isOn = async () => (await context.workspace()).contactSyncEnabled,
): Promise<void> | undefined {
  const missing = needed.filter((permission) => !context.viewer.permissions.includes(permission));
  if (missing.length > 0) throw new AppError('FORBIDDEN', `Needs the permission ${missing.join(', ')}.`);
  return needed.some(isOfContactSync) ? requireContactSync(isOn) : undefined;
}

/** A stream checks at each event, so all streams share one read. */
export function requireForStream(context: ApiContext, needed: readonly Permission[]): Promise<void> | undefined {
  return requirePermissions(context, needed, () => context.contactSync.isOn(context.viewer.workspaceId));
}

async function requireContactSync(isOn: () => Promise<boolean>): Promise<void> {
  if (!(await isOn())) throw new AppError('FORBIDDEN', 'Contact Sync is turned off in this workspace.');
}

function isOfContactSync(permission: Permission): boolean {
  return permission.startsWith('CONTACT_SYNC_');
}
