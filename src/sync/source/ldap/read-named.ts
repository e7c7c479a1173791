import type { BeginArrivals } from '../../../core/arrivals.ts';
import type { ReadRequest } from '../../../core/source-session.ts';
import { findIdAttribute, noReadableId } from './id-attribute.ts';
import { PersonDecoder } from './person-decoder.ts';
import type { Reached } from './reach.ts';
import { readByDn } from './read-people.ts';
import { ReferralsMet } from './referrals.ts';
import { planScope } from './scope-plan.ts';

/** Reads those of some people who are in scope, as `searchPeople` reads everybody. Nobody else is mentioned. */
export async function readNamed(
  reached: Reached,
  { attributes, scope, at, photo, ready, only }: ReadRequest & { only: readonly string[] },
  begin: BeginArrivals,
  signal: AbortSignal,
): Promise<void> {
  const release = reached.connection.obey(signal);
  try {
    const { filter, membership } = await planScope(reached, scope);
    const id = await findIdAttribute(reached, filter);
    if (!id.readable) throw noReadableId(id, reached);
    const { flavour } = reached.server;
    const form = { idAttribute: id.attribute, flavour, membership, at, photo, markAttribute: null };
    const decoder = new PersonDecoder(attributes, form);
    const search = { reached, filter, signal, referrals: new ReferralsMet(), progress: { pages: 0 } };
    const people = await readByDn({ search, decoder }, only, 'leave out');
    await ready;
    const arrivals = begin('everybody', { mode: 'FULL', reason: null });
    await arrivals.present(people ?? []);
    arrivals.end({ complete: true, because: null, cursor: null, referrals: [], notes: [] });
  } finally {
    release();
  }
}
