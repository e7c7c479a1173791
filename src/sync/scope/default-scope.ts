import type { Scope, SourceKind } from '../../core/connection.ts';

const everybody = (): Scope => ({
  groups: [],
  nestedGroups: false,
  match: 'ALL',
  rules: [],
  filter: null,
  includeDisabled: false,
  requireEmail: false,
});

const makers = { LDAP: everybody, ACTIVE_DIRECTORY: everybody } satisfies Record<SourceKind, () => Scope>;

/** Who is included until somebody says otherwise: every person below the base DNs whose account is not disabled. */
export const defaultScope = (kind: SourceKind): Scope => makers[kind]();
