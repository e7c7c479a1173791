import type { FieldMapping } from '../core/connection.ts';
import { defaultRemoval } from '../core/removal-limits.ts';
import type { OpenOptions, SampledPerson } from '../core/source-session.ts';
import type { ConnectionProposal } from '../core/sources-port.ts';
import type { ProposeTask } from './read-messages.ts';
import { scopeEntry } from './scope/scope-person.ts';
import type { Source } from './source/source-module.ts';

/** How many people are sampled to decide about the mapping. */
const mostSampled = 500;
/** Fields that can name a contact. Each connection must map one of them. */
const naming = new Set(['DISPLAY_NAME', 'GIVEN_NAME', 'FAMILY_NAME', 'PRIMARY_EMAIL', 'EMAIL']);

/**
 * Reads a source and proposes a connection that can be saved as it is, with the reasons for each part. Throws an
 * AppError.
 */
export async function proposeConnection(
  source: Source,
  { settings, secrets, at }: ProposeTask,
  options: OpenOptions,
): Promise<ConnectionProposal> {
  const settled = await source.settle(settings, secrets, options);
  const scope = { ...source.defaults(settled.settings).scope, filter: settled.filter };
  const session = await source.open(settled.settings, secrets, options);
  const counts = new Map<string, number>();
  let people = 0;
  const take = ({ entry, has }: SampledPerson): 'taken' | 'left out' | 'enough' => {
    if (scopeEntry(entry, scope, null).kind === 'out') return 'left out';
    people++;
    const keys = new Set(has.map(({ name }) => source.attributes.keyOf(name)));
    for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1);
    return people >= mostSampled ? 'enough' : 'taken';
  };
  try {
    const request = { attributes: [], scope, at, people: mostSampled, take };
    const usual = await session.sample(request, options.signal);
    const { mappings, reasons } = fitting(usual, (name) => counts.get(source.attributes.keyOf(name)) ?? 0, people);
    return {
      scope,
      mappings,
      removal: defaultRemoval,
      baseDns: settled.baseDns,
      idColumn: settled.idColumn,
      reasons: [...settled.reasons, ...reasons, removalReason],
    };
  } finally {
    await session.close();
  }
}

const removalReason =
  'Removal is the usual one: contacts of people who have gone are deactivated, which can be taken back, and a run that would lose many at once is held.';

/** The mappings of the usual ones for which people have values. */
function fitting(
  usual: readonly FieldMapping[],
  filledBy: (attribute: string) => number,
  people: number,
): { mappings: FieldMapping[]; reasons: string[] } {
  if (people === 0)
    return {
      mappings: [...usual],
      reasons: ['Nobody could be looked at, so the mapping is the usual one of this kind of source.'],
    };
  const mappings: FieldMapping[] = [];
  const reasons: string[] = [];
  const without: string[] = [];
  for (const mapping of usual) {
    const attributes = mapping.attributes.filter((name) => filledBy(name) > 0);
    const field = mapping.label === null ? mapping.field : `${mapping.field} (${mapping.label})`;
    if (attributes.length === 0) {
      without.push(field);
      continue;
    }
    mappings.push({ ...mapping, attributes });
    const filled = attributes.map((name) => `${name} (${filledBy(name)} of ${people} people have it)`);
    reasons.push(`${field} is filled from ${filled.join(', or else ')}.`);
  }
  if (without.length > 0) reasons.push(`Left out, because nobody has a value: ${without.join(', ')}.`);
  if (mappings.some(({ field }) => naming.has(field))) return { mappings, reasons };
  const names = usual.filter(({ field }) => field === 'DISPLAY_NAME');
  return {
    mappings: [...names, ...mappings],
    reasons: [...reasons, 'Nobody shows a name. DISPLAY_NAME is mapped as usual: map what names people here.'],
  };
}
