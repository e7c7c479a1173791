import type { ApiClient } from '../demo/api-client.ts';
import { ContactIdsDocument, OneContactDocument, SearchContactsDocument } from '../schema/operations.generated.ts';
import { percentile } from './statistics.ts';

/** Searches as people type them. */
function queries(number: number): Record<string, string> {
  const digits = String((number * 7919) % 100_000).padStart(7, '0');
  return {
    'beginning of a name': ['ang', 'lovel', 'suz', 'yil', 'mull'][number % 5] ?? '',
    'two words': ['garcia ines', 'nilsson goran', 'ivanov dmi', 'haddad fat'][number % 4] ?? '',
    'an email': `user${digits}@example.org`,
    'beginning of an email': `user${digits.slice(0, 5)}`,
    'a number': `+49 170 ${digits}`,
  };
}

export type SearchTimes = { search: number; lookUp: number; byKind: string };

/** The 95th percentile, in milliseconds, of searches and of reads by id through the same API, in turns. */
export async function timeSearch(api: ApiClient, rounds: number): Promise<SearchTimes> {
  const page = await api.ask(ContactIdsDocument, { first: 200 });
  const ids = page.contacts?.nodes.map(({ id }) => id) ?? [];
  const searches = new Map<string, number[]>();
  const lookUps: number[] = [];
  const timed = async (into: number[], ask: () => Promise<unknown>): Promise<void> => {
    const began = performance.now();
    await ask();
    into.push(performance.now() - began);
  };
  for (let number = -20; number < rounds; number++) {
    for (const [kind, search] of Object.entries(queries(Math.abs(number)))) {
      const times = searches.get(kind) ?? [];
      searches.set(kind, times);
      await timed(number < 0 ? [] : times, () => api.ask(SearchContactsDocument, { search, first: 20 }));
      const id = ids[lookUps.length % ids.length] ?? '';
      await timed(number < 0 ? [] : lookUps, () => api.ask(OneContactDocument, { id }));
    }
  }
  return {
    search: percentile([...searches.values()].flat(), 0.95),
    lookUp: percentile(lookUps, 0.95),
    byKind: [...searches].map(([kind, times]) => `${kind} ${percentile(times, 0.95).toFixed(0)}`).join(', '),
  };
}
