import type { ApiClient } from '../demo/api-client.ts';
import { ContactIdsDocument, OneContactDocument, SearchContactsDocument } from '../schema/operations.generated.ts';
import { percentile } from './statistics.ts';

/** What people type: the beginning of a name, two words in any order, an email, a number's digits. */
const queries = (number: number): string[] => {
  const digits = String((number * 7919) % 100_000).padStart(7, '0');
  return [
    ['ang', 'lovel', 'suz', 'yil', 'mull'][number % 5] ?? '',
    ['garcia ines', 'nilsson goran', 'ivanov dmi', 'haddad fat'][number % 4] ?? '',
    `user${digits}@example.org`,
    `user${digits.slice(0, 5)}`,
    `+49 170 ${digits}`,
  ];
};

/** p95 of searches and of look-ups by id through the same API, one after another, taking turns; milliseconds. */
export async function timeSearch(api: ApiClient, rounds: number): Promise<{ search: number; lookUp: number }> {
  const page = await api.ask(ContactIdsDocument, { first: 200 });
  const ids = page.contacts?.nodes.map(({ id }) => id) ?? [];
  const searches: number[] = [];
  const lookUps: number[] = [];
  const timed = async (into: number[], ask: () => Promise<unknown>): Promise<void> => {
    const began = performance.now();
    await ask();
    into.push(performance.now() - began);
  };
  for (let number = -20; number < rounds; number++) {
    for (const search of queries(Math.abs(number))) {
      await timed(number < 0 ? [] : searches, () => api.ask(SearchContactsDocument, { search, first: 20 }));
      const id = ids[searches.length % ids.length] ?? '';
      await timed(number < 0 ? [] : lookUps, () => api.ask(OneContactDocument, { id }));
    }
  }
  return { search: percentile(searches, 0.95), lookUp: percentile(lookUps, 0.95) };
}
