import type { FieldMapping } from '../core/connection.ts';
import type { ContactField } from '../core/contact.ts';
import { soundsSecret } from '../core/secret-names.ts';
import { mostShown, type OpenOptions, type SampledPerson } from '../core/source-session.ts';
import type { DiscoveredAttribute } from '../core/sources-port.ts';
import type { DiscoverTask } from './read-messages.ts';
import { compileRules } from './scope/compile-rules.ts';
import { scopeEntry } from './scope/scope-person.ts';
import type { Source } from './source/source-module.ts';

/** The most attributes in an answer. Those that most people have come first. */
const mostAttributes = 500;

/** Samples people in scope and tells which attributes they have. Throws AppError. */
export async function discoverAttributes(
  source: Source,
  { settings, secrets, scope, people, at }: DiscoverTask,
  options: OpenOptions,
): Promise<DiscoveredAttribute[]> {
  const rules = source.appliesRules === 'here' ? compileRules(scope, [], source.attributes) : null;
  const found = new Attributes(source.attributes.keyOf);
  const session = await source.open(settings, secrets, options);
  try {
    const take = (person: SampledPerson): 'taken' | 'left out' | 'enough' => {
      if (scopeEntry(person.entry, scope, rules).kind === 'out') return 'left out';
      found.add(person);
      return found.people >= people ? 'enough' : 'taken';
    };
    const request = { attributes: rules?.attributes ?? [], scope, at, people, take };
    return found.listed(await session.sample(request, options.signal));
  } finally {
    await session.close();
  }
}

type Found = { name: string; filled: number; samples: Set<string>; multiValued: boolean };

/** Collects the attributes of the sampled people. */
class Attributes {
  people = 0;
  readonly #found = new Map<string, Found>();
  readonly #keyOf: (name: string) => string;

  constructor(keyOf: (name: string) => string) {
    this.#keyOf = keyOf;
  }

  add({ has }: SampledPerson): void {
    this.people++;
    for (const { name, count, shown } of has) {
      const known = this.#of(name);
      known.filled++;
      known.multiValued ||= count > 1;
      if (soundsSecret(name)) continue;
      for (const value of shown) if (known.samples.size < mostShown) known.samples.add(value);
    }
  }

  listed(mappings: readonly FieldMapping[]): DiscoveredAttribute[] {
    return [...this.#found.values()]
      .toSorted((a, b) => b.filled - a.filled || (a.name.toLowerCase() < b.name.toLowerCase() ? -1 : 1))
      .slice(0, mostAttributes)
      .map(({ name, filled, samples, multiValued }) => ({
        name,
        filled,
        sampled: this.people,
        samples: [...samples],
        multiValued,
        suggestedField: this.#suggested(name, mappings),
      }));
  }

  #of(name: string): Found {
    const key = this.#keyOf(name);
    const known = this.#found.get(key) ?? { name, filled: 0, samples: new Set(), multiValued: false };
    this.#found.set(key, known);
    return known;
  }

  #suggested(name: string, mappings: readonly FieldMapping[]): ContactField | null {
    const key = this.#keyOf(name);
    return mappings.find(({ attributes }) => attributes.some((one) => this.#keyOf(one) === key))?.field ?? null;
  }
}
