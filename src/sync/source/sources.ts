import { SourceKind } from '../../core/connection.ts';
import type { IdSpace } from '../../core/plan.ts';
import { sourceKindOf } from '../../core/source-kind.ts';
import { csv } from './csv/csv-module.ts';
import { activeDirectory, ldap } from './ldap/ldap-module.ts';
import { defineSource, type Source } from './source-module.ts';

/** Every kind of source. No other file lists the modules. */
export const sources = {
  LDAP: defineSource(ldap),
  ACTIVE_DIRECTORY: defineSource(activeDirectory),
  CSV: defineSource(csv),
} satisfies Record<SourceKind, Source>;

/** The source of a stored kind. Throws AppError UNKNOWN_KIND for a kind that this release does not have. */
export function sourceOf(kind: string): Source {
  return sources[sourceKindOf(kind)];
}

/** The id space of a kind, with all kinds that share it. Null: none. */
export function idSpaceOf(kind: string): IdSpace | null {
  const name = sourceOf(kind).idSpace;
  if (name === null) return null;
  return { name, kinds: Object.values(SourceKind).filter((other) => sources[other].idSpace === name) };
}
