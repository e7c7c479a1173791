import { canonicalDn, isWithinDn } from '../dn.ts';
import type { Reached } from '../reach.ts';

/**
 * The naming contexts that contain the bases, and those inside the bases. Null: a base is in no naming context that the
 * server names.
 */
export function contextsAround({ settings, server }: Reached): string[] | null {
  const bases = settings.baseDns.map(canonicalDn);
  const contexts = server.namingContexts.filter((context) => {
    const dn = canonicalDn(context);
    return bases.some((base) => isWithinDn(base, dn) || isWithinDn(dn, base));
  });
  const isCovered = bases.every((base) => contexts.some((context) => isWithinDn(base, canonicalDn(context))));
  return isCovered ? contexts : null;
}

export const unknownContexts = 'the server does not tell in which of its databases the base DNs lie';
