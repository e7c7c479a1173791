import type { Extent, ReadAdvice } from '../../core/arrivals.ts';
import type { SourceNote } from '../../core/entry.ts';
import { listed } from '../../core/outside-text.ts';
import type { RunRecord } from '../../core/records.ts';
import type { Excluded, NewLogLine, RunCounts, RunMode } from '../../core/run.ts';

/*
 * The log lines about a run as a whole: phases, progress, totals.
 */

function info(code: NewLogLine['code'], message: string): NewLogLine {
  return { level: 'INFO', code, message };
}

const number = new Intl.NumberFormat('en');

/** `1 person`, `1,200 people`. */
export function people(count: number): string {
  return count === 1 ? '1 person' : `${number.format(count)} people`;
}

const exclusions: Record<keyof Excluded, string> = {
  DISABLED: 'switched off in the source',
  NO_EMAIL: 'without an email address',
  NOT_IN_GROUP: 'in none of the groups',
  NOT_A_PERSON: 'not people',
  NOT_BY_RULES: 'not let in by the rules',
  IN_EXCLUDED_GROUP: 'in an excluded group',
  BELOW_EXCLUDED_DN: 'below an excluded DN',
};

function leftOut(excluded: Excluded): string {
  return (Object.keys(exclusions) as (keyof Excluded)[])
    .filter((reason) => excluded[reason])
    .map((reason) => `${number.format(excluded[reason] ?? 0)} ${exclusions[reason]}`)
    .join(', ');
}

export function started(run: RunRecord): NewLogLine {
  if (run.mode === 'REVERT')
    return info(
      'RUN_STARTED',
      `Revert at ${run.connectionName}, started by ${run.startedBy.name}. ${run.modeReason ?? ''}`,
    );
  const kind = run.dryRun ? 'Dry run' : run.review ? 'Run with review' : 'Run';
  return info('RUN_STARTED', `${kind} of ${run.connectionName}, started by ${run.startedBy.name}.`);
}

export function connected(server: string, notes: readonly SourceNote[]): NewLogLine[] {
  return [...notes, info('CONNECTED', `Connected to ${server}.`)];
}

/** How the run reads, and why. */
export function readMode({ mode, reason }: { mode: RunMode; reason: string }): NewLogLine {
  return info('READ_MODE', `${mode === 'FULL' ? 'Reads everybody' : 'Reads what has changed'}: ${reason}`);
}

export function reading(read: number, perSecond: number): NewLogLine {
  return info('READING', `Read ${people(read)} so far, ${number.format(perSecond)} a second.`);
}

type Read = { read: number; inScope: number; unchanged: number; excluded: Excluded };

/** The totals of a read, with a warning when the scope leaves out everybody. */
export function readDone({ read, inScope, unchanged, excluded }: Read, extent: Extent): NewLogLine[] {
  const out = leftOut(excluded);
  const done = info(
    'READ_DONE',
    `Read ${people(read)}: ${number.format(inScope)} in scope, ${number.format(unchanged)} unchanged${out === '' ? '' : `; left out: ${out}`}.`,
  );
  return extent === 'everybody' && read > 0 && inScope === 0 ? [done, emptyScope(read, out)] : [done];
}

/** Attribute names in the mappings that the source does not have. */
export function namedInVain(names: readonly string[], { emptied }: Pick<ReadAdvice, 'emptied'>): NewLogLine[] {
  if (names.length === 0) return [];
  const message = `The source has no ${listed(names)}, which the mappings name. Check the mappings, and ${emptied}`;
  return [{ level: 'WARN', code: 'ATTRIBUTE_MISSING', message }];
}

function emptyScope(read: number, out: string): NewLogLine {
  return {
    level: 'WARN',
    code: 'EMPTY_SCOPE',
    message: `The scope lets in nobody: ${people(read)} read, and all were left out (${out}). Check the groups and settings of the scope.`,
  };
}

const parts: [Exclude<keyof RunCounts, 'read' | 'inScope'>, string][] = [
  ['created', 'created'],
  ['updated', 'updated'],
  ['linked', 'linked'],
  ['reactivated', 'reactivated'],
  ['deactivated', 'deactivated'],
  ['deleted', 'deleted'],
  ['unchanged', 'unchanged'],
  ['skipped', 'skipped'],
  ['failed', 'failed'],
];

/** Created and unchanged always, other counts only when they are not 0. */
function countsText(counts: RunCounts): string {
  return parts
    .filter(([key]) => key === 'created' || key === 'unchanged' || counts[key] > 0)
    .map(([key, word]) => `${number.format(counts[key])} ${word}`)
    .join(', ');
}

export function historyRead(contacts: number): NewLogLine {
  return info('READ_DONE', `Read the history: ${number.format(contacts)} contacts were changed.`);
}

export function plannedBack(counts: RunCounts): NewLogLine {
  return info('PLANNED', `The plan that takes it back: ${countsText(counts)}.`);
}

export function planned(counts: RunCounts, newlyGone: number): NewLogLine {
  return info('PLANNED', `The plan: ${countsText(counts)}; ${people(newlyGone)} newly gone.`);
}

/** How many people name a manager who has no contact. */
export function unknownManagers(count: number): NewLogLine[] {
  if (count === 0) return [];
  const [name, they] = count === 1 ? ['names', 'this contact has'] : ['name', 'these contacts have'];
  return [info('MANAGER_UNKNOWN', `${people(count)} ${name} a manager who is not imported; ${they} none until then.`)];
}

export function held(reason: string): NewLogLine {
  return {
    level: 'WARN',
    code: 'HELD',
    message: `Held until a person reviews the plan: ${reason} Approve or reject the run.`,
  };
}

export function wouldHold(reason: string): NewLogLine {
  return {
    level: 'WARN',
    code: 'HELD',
    message: `A real run would be held: ${reason}`,
  };
}

export function applying(applied: number, total: number): NewLogLine {
  return info('APPLYING', `Applied ${number.format(applied)} of ${number.format(total)} changes.`);
}

export const applyingStarts: NewLogLine = info('APPLYING', 'Applying the plan.');

export function summary(counts: RunCounts, kind: 'dry' | 'applied'): NewLogLine {
  return info(
    'SUMMARY',
    `${kind === 'dry' ? 'Dry run, nothing was changed. The result would be' : 'Done'}: ${countsText(counts)}.`,
  );
}

export function fieldsLocked(name: string, fields: readonly string[], person: string, contactId: string): NewLogLine {
  return {
    ...info(
      'FIELDS_LOCKED',
      `${name} keeps ${fields.join(', ')}: people have locked ${fields.length === 1 ? 'it' : 'them'}.`,
    ),
    person,
    contactId,
  };
}
