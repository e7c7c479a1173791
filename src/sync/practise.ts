import { setImmediate } from 'node:timers/promises';
import type { FieldMapping } from '../core/connection.ts';
import type { ContactField } from '../core/contact.ts';
import type { Entry } from '../core/directory.ts';
import type { StagedCounts } from '../core/sync-store.ts';
import { indexed } from '../search/contact-index.ts';
import type { Source } from './source/source-module.ts';
import { KnownPeople } from './stage/known-people.ts';
import { Staging } from './stage/stage-people.ts';
import { TakePeople } from './take-people.ts';

/** So many that all they go through is compiled by then; they take a fraction of a second. */
const peopleInAll = 10_000;
/** A run that comes meanwhile waits for so many at most. */
const peopleAtOnce = 100;

const nobody = '00000000-0000-7000-8000-000000000000';

/**
 * Takes made-up people in, through scope, mapping, plan, search keys and rows, and forgets them: the code that it runs is
 * compiled then, and the first run of a process reads like all others. Stops as soon as a run `isWaiting`. Resolves with what
 * has become of the people so far.
 */
export async function practise(source: Source, isWaiting: () => boolean): Promise<StagedCounts> {
  const { kind, defaultScope: scope, defaultMappings: mappings } = source.info();
  const removal = { action: 'KEEP', graceDays: 0, maxPercent: null, maxCount: null, maxEmptiedPercent: 100 } as const;
  const settings = { kind, source: {}, scope, mappings, removal, matchBy: 'PRIMARY_EMAIL', priority: 1 } as const;
  const staging: Staging = new Staging({
    workspaceId: nobody,
    runId: nobody,
    settingsText: '',
    index: (values) => indexed(values, nobody),
    onRows: ({ buffer }) => staging.takeBack(buffer as ArrayBuffer),
    onFills: () => {},
  });
  const rank = { priority: 1, createdAt: 0, connectionId: nobody };
  const people = new TakePeople({ settings, rank, source, known: new KnownPeople(), staging });
  const fieldOf = fieldsOf(mappings);
  const fields = people.attributes.map((name) => fieldOf.get(name));
  for (let i = 0; i < peopleInAll && !isWaiting(); i += peopleAtOnce) {
    for (let one = i; one < i + peopleAtOnce; one++) people.take(madeUp(one, fields), 'everybody');
    await setImmediate();
  }
  return staging.staged;
}

/** What each attribute is mapped to first. */
function fieldsOf(mappings: readonly FieldMapping[]): ReadonlyMap<string, ContactField> {
  const fields = new Map<string, ContactField>();
  for (const { field, attributes } of mappings)
    for (const attribute of attributes) if (!fields.has(attribute)) fields.set(attribute, field);
  return fields;
}

const madeUp = (i: number, fields: readonly (ContactField | undefined)[]): Entry => ({
  name: `uid=${i},ou=people,dc=example,dc=org`,
  id: `00000000-0000-4000-8000-${i.toString(16).padStart(12, '0')}`,
  unfit: null,
  attributes: fields.map((field) => (field === undefined ? undefined : textOf(field, i))),
  disabled: false,
  notAPerson: false,
  inGroups: true,
  undecodable: [],
  said: i.toString(16).padStart(32, '0'),
});

/** As the fields' values usually look; a few of them over and over, as in a directory. */
function textOf(field: ContactField, i: number): string {
  const [given, family] = [`Anna${i % 31}`, `Bergström-${i % 89}`];
  if (field === 'DISPLAY_NAME') return `${given} ${family}`;
  if (field === 'GIVEN_NAME') return given;
  if (field === 'FAMILY_NAME') return family;
  if (field === 'PRIMARY_EMAIL' || field === 'EMAIL') return `person.${i}@example.org`;
  if (field === 'PHONE') return `+49 30 ${1_000_000 + i}`;
  if (field === 'COUNTRY') return 'DE';
  if (field === 'LANGUAGE') return 'de';
  return `${field} ${i % 17}`;
}
