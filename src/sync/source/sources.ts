import { AppError } from '../../core/app-error.ts';
import { isSourceKind, type SourceKind } from '../../core/connection.ts';
import { activeDirectory, ldap } from './ldap/ldap-module.ts';
import { defineSource, type Source } from './source-module.ts';

/** Every kind of source that can be read; the only list of their modules. */
export const sources = {
  LDAP: defineSource(ldap),
  ACTIVE_DIRECTORY: defineSource(activeDirectory),
} satisfies Record<SourceKind, Source>;

/** The source of a kind as it is stored. Throws AppError UNKNOWN_KIND for one that this release does not have. */
export function sourceOf(kind: string): Source {
  if (isSourceKind(kind)) return sources[kind];
  throw new AppError('UNKNOWN_KIND', `A source of kind "${kind}" can't be read: this release does not know the kind.`, {
    hint: 'Another release has saved the connection. Update every process of the service, or make the connection anew.',
  });
}
