import { mostSurveyed, PeopleSurvey } from '../../people-survey.ts';
import { normalName } from '../attribute-name.ts';
import { encodeFilter } from '../filter/filter.ts';
import { flavours } from '../flavour.ts';
import type { IdFinding } from '../id-attribute.ts';
import { PersonDecoder } from '../person-decoder.ts';
import type { Reached } from '../reach.ts';
import { readPages } from '../read-parts.ts';

/** After this many bytes of all entries together, no more are requested. */
const mostBytes = 64 * 1024 * 1024;

/** Facts about the accounts and fields of the first people below the base DNs. */
export type AccountSample = {
  /** How many of the entries meet the usual filter for people. */
  people: number;
  /** Whether the sample contains everybody. */
  isWhole: boolean;
  disabled: number;
  /** Machines, and accounts that the server made itself. */
  notPeople: number;
  /** How many of them show each attribute, by its name in normal form. */
  shown: ReadonlyMap<string, number>;
  /** Entries on the first page, and whether another page followed. */
  firstPage: { entries: number; more: boolean };
  /** The fields of the people whose accounts are enabled. */
  survey: PeopleSurvey;
};

/** Samples up to 5,000 people, some below each base DN. Throws AppError. */
export async function sampleAccounts(reached: Reached, id: IdFinding, at: Date): Promise<AccountSample> {
  const { server, settings } = reached;
  const { flavour } = server;
  const { flags, changeAttribute, people: filter, mappings } = flavours[flavour];
  const survey = new PeopleSurvey(mappings(), normalName);
  const marks = [...(id.changeAttribute === null ? [] : [id.changeAttribute]), changeAttribute.name];
  const attributes = distinct([...survey.attributes, id.attribute, ...marks, ...flags]);
  const form = { idAttribute: id.attribute, flavour, membership: null, at, markAttribute: null };
  const decoder = new PersonDecoder(attributes, form);
  const seen = new Set<string>();
  const shown = new Map<string, number>();
  const sample = { disabled: 0, notPeople: 0, bytes: 0, isWhole: true };
  const firstPage = { entries: 0, pages: 0 };
  let until = 0;
  const isFull = (): boolean => seen.size >= until || sample.bytes >= mostBytes;
  const entry = (bytes: Buffer, start: number, end: number): void => {
    if (firstPage.pages === 0) firstPage.entries++;
    if (isFull()) {
      sample.isWhole = false;
      return;
    }
    sample.bytes += end - start;
    const person = decoder.decode(bytes, start, end);
    decoder.unfinished.length = 0;
    if (seen.has(person.name)) return;
    seen.add(person.name);
    for (const [i, name] of attributes.entries())
      if (person.attributes[i] !== undefined) shown.set(normalName(name), (shown.get(normalName(name)) ?? 0) + 1);
    if (person.notAPerson) sample.notPeople++;
    else if (person.disabled) sample.disabled++;
    else survey.add(person.attributes.slice(0, survey.attributes.length));
  };
  for (const [i, baseDn] of settings.baseDns.entries()) {
    until = seen.size + Math.ceil((mostSurveyed - seen.size) / (settings.baseDns.length - i));
    let known = seen.size;
    const whole = await readPages(reached, {
      search: { baseDn, scope: 'sub', filter: encodeFilter(filter), attributes: decoder.attributes },
      sink: { entry, references: () => {} },
      beforeNext: async () => {
        if (i === 0) firstPage.pages++;
      },
      onPage: () => {
        if (isFull()) return 'enough';
        const brought = seen.size - known;
        known = seen.size;
        return brought;
      },
      progress: { pages: 0 },
    });
    if (!whole) sample.isWhole = false;
    if (sample.bytes >= mostBytes) break;
  }
  return {
    people: seen.size,
    isWhole: sample.isWhole,
    disabled: sample.disabled,
    notPeople: sample.notPeople,
    shown,
    firstPage: { entries: firstPage.entries, more: firstPage.pages > 1 },
    survey,
  };
}

function distinct(names: readonly string[]): string[] {
  return [...new Map(names.map((name) => [normalName(name), name] as const).toReversed()).values()].toReversed();
}
