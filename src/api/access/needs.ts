import { Authorized, Extensions } from 'type-graphql';
import type { Permission } from '../../core/access.ts';

/**
 * The permissions that a field asks for, all of them: FORBIDDEN without. A CONTACT_SYNC permission also asks that Contact
 * Sync is on in the workspace. They stand in the field's `extensions.needs`, too.
 */
export const Needs =
  (...permissions: [Permission, ...Permission[]]): MethodDecorator =>
  (target, name, descriptor) => {
    Authorized<Permission>(permissions)(target, name, descriptor);
    Extensions({ needs: permissions })(target, name, descriptor);
  };
