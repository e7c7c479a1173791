import type { FieldMapping } from '../core/connection.ts';
import { mostNamed, type Outside } from '../core/source-session.ts';
import type { LookOutcome } from '../core/sources-port.ts';
import type { ConnectionPreview, Impact, PersonPreview, PlannedPerson, Trial } from '../core/trial.ts';
import { mappedFields } from './map/mapped-fields.ts';
import type { SeenPerson } from './read-messages.ts';
import type { ReadingThreads } from './reading-threads.ts';
import { type TriedOut, type TryOut, tryOut } from './try-out.ts';

/** How many people are shown who would be gone, who would be new, and who would change. */
const examplesOfEach = 4;

/**
 * Makes a trial of settings and shows what a run with them would do: to the first people, and in all. Throws like
 * `tryOut`.
 */
export async function previewConnection(
  threads: ReadingThreads,
  trial: Trial,
  task: TryOut,
  signal: AbortSignal,
): Promise<ConnectionPreview> {
  const tried = await tryOut(threads, trial, task, signal);
  const { read, sample, notes } = tried;
  return {
    included: read.counts.inScope,
    excluded: read.counts.excluded,
    examples: sample.leftOut,
    people: await asPlanned(trial, sample.people),
    notes,
    impact: trial.lastCompleteAt === null ? null : await impactOf(trial, trial.lastCompleteAt, task, tried),
  };
}

/** Adds the people whom the source itself left out because of the scope. A read does not count them. */
export function withOutside(preview: ConnectionPreview, outside: LookOutcome<Outside[]>): ConnectionPreview {
  if (outside.kind === 'failed') {
    const note = `People whom the source itself leaves out could not be counted: ${outside.error.message}`;
    return { ...preview, notes: [...preview.notes, note] };
  }
  const [excluded, examples] = [{ ...preview.excluded }, { ...preview.examples }];
  for (const { reason, count, names } of outside.answer) {
    excluded[reason] = (excluded[reason] ?? 0) + count;
    examples[reason] = [...(examples[reason] ?? []), ...names].slice(0, mostNamed);
  }
  return { ...preview, excluded, examples };
}

/** The sampled people, each with their row of the plan. */
export async function asPlanned(trial: Trial, people: readonly SeenPerson[]): Promise<PersonPreview[]> {
  const ids = people.flatMap(({ id }) => id ?? []);
  const rows = new Map((await trial.plannedFor(ids)).map((row) => [row.personId, row]));
  return people.map((person) => withPlan(person, person.id === null ? undefined : rows.get(person.id)));
}

/** A person with their row of the plan. Without a row, they stay as they are. */
export function withPlan({ id, name, fields, remarks, skipped }: SeenPerson, row?: PlannedPerson): PersonPreview {
  const action = row?.action ?? (skipped === null ? 'NONE' : 'SKIP');
  const reason = skipped ?? (action === 'SKIP' ? (row?.reason ?? null) : null);
  return {
    id: id ?? '',
    dn: name,
    fields,
    problems: [...(reason === null ? [] : [reason]), ...remarks],
    action,
    reason: skipped ?? row?.reason ?? null,
    contactId: row?.contactId ?? null,
    contactName: row?.contactName ?? null,
    before: row?.before ?? null,
    after: row?.after ?? null,
  };
}

async function impactOf(
  trial: Trial,
  comparedWith: Date,
  { settings }: TryOut,
  { newlyGone, counts, holdReasons }: TriedOut,
): Promise<Impact> {
  const examples = await trial.examples(examplesOfEach);
  return {
    comparedWith,
    gained: counts.created + counts.linked + counts.reactivated,
    lost: newlyGone,
    changed: counts.updated,
    fields: counts.updated === 0 ? [] : await trial.fieldImpacts(),
    wouldHold: holdReasons,
    examples: examples.map((row) => example(row, settings.mappings)),
  };
}

function example(row: PlannedPerson, mappings: readonly FieldMapping[]): PersonPreview {
  const { personId, person, action, reason, remark, contactId, contactName, before, after, mapped } = row;
  return {
    id: personId ?? '',
    dn: person,
    fields: mapped === null ? [] : mappedFields(mappings, mapped.values, mapped.fills),
    problems: [reason, remark].filter((text) => text !== null),
    action,
    reason,
    contactId,
    contactName,
    before,
    after,
  };
}
