import type { Scope } from '../../../core/connection.ts';

/** Who is included until somebody says otherwise: every person below the base DNs whose account is not disabled. */
export const defaultScope = (): Scope => ({
  groups: [],
  nestedGroups: false,
  match: 'ALL',
  rules: [],
  filter: null,
  includeDisabled: false,
  requireEmail: false,
});
