import { isInvisible, isOneLine, isPlainText, isStorable, unstorableBecause } from '../../core/outside-text.ts';
import type { ConnectionEdit } from '../../core/records.ts';
import type { RunnerPort } from '../../core/runner-port.ts';
import type { EditedSecrets, SourcesPort } from '../../core/sources-port.ts';
import type { UserError } from '../../core/user-error.ts';
import { memberOf } from '../source/source.type.ts';

const LONGEST_NAME = 200;
const LONGEST_DESCRIPTION = 2000;
const LONGEST_FULL_EVERY = 8760;

/**
 * Everything that prevents saving a connection, with paths into the arguments of createConnection and updateConnection.
 */
export function checkEdit(
  edit: ConnectionEdit,
  secrets: EditedSecrets,
  { sources, runner }: { sources: SourcesPort; runner: RunnerPort },
): UserError[] {
  return [
    ...checkText(edit),
    ...sources.checkConnection(edit, secrets, {
      source: ['input', 'source', memberOf(edit.kind)],
      scope: ['input', 'scope'],
      mappings: ['input', 'mappings'],
      removal: ['input', 'removal'],
    }),
    ...checkContinuous(edit, sources),
    ...checkFullEvery(edit),
    ...checkPhoto(edit, sources),
    ...(edit.schedule === null ? [] : runner.checkSchedule(edit.schedule, ['input', 'schedule'])),
  ];
}

function checkContinuous({ continuous, kind }: ConnectionEdit, sources: SourcesPort): UserError[] {
  const { watchable, label } = sources.kind(kind);
  if (!continuous || watchable) return [];
  const message = `A source of kind ${label} can't be watched. Give the connection a schedule instead.`;
  return [{ field: ['input', 'continuous'], code: 'NOT_SUPPORTED', message }];
}

function checkFullEvery({ fullEvery }: ConnectionEdit): UserError[] {
  if (fullEvery >= 1 && fullEvery <= LONGEST_FULL_EVERY) return [];
  const message = `1 to ${LONGEST_FULL_EVERY} hours. The longest is a year.`;
  return [{ field: ['input', 'fullEvery'], code: 'OUT_OF_RANGE', message }];
}

function checkPhoto({ photo, kind }: ConnectionEdit, sources: SourcesPort): UserError[] {
  const { hasPhotos, label } = sources.kind(kind);
  if (!photo || hasPhotos) return [];
  return [{ field: ['input', 'photo'], code: 'NOT_SUPPORTED', message: `A source of kind ${label} has no photos.` }];
}

function checkText({ name, description }: ConnectionEdit): UserError[] {
  const faults: UserError[] = [];
  if (isStorable(name) && isOneLine(name) && isInvisible(name))
    faults.push({ field: ['input', 'name'], code: 'REQUIRED', message: 'A connection needs a name.' });
  if (isStorable(name) && !isOneLine(name))
    faults.push(invalidText('name', 'A name has no control characters and is written on one line.'));
  if (isStorable(description) && !isPlainText(description))
    faults.push(invalidText('description', 'A description has no control characters besides line breaks and tabs.'));
  if (name.length > LONGEST_NAME) faults.push(tooLong('name', LONGEST_NAME));
  if (description.length > LONGEST_DESCRIPTION) faults.push(tooLong('description', LONGEST_DESCRIPTION));
  return faults;
}

function invalidText(member: string, message: string): UserError {
  return {
    field: ['input', member],
    code: 'INVALID_TEXT',
    message,
  };
}

function tooLong(member: string, longest: number): UserError {
  return {
    field: ['input', member],
    code: 'TOO_LONG',
    message: `At most ${longest} characters.`,
  };
}

/** Finds every text in an input, at any depth, that the database can't store. */
export function checkStorable(value: unknown, path: readonly string[]): UserError[] {
  if (typeof value === 'string') {
    const because = unstorableBecause(value);
    return because === null ? [] : [notStorable(path, because)];
  }
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([member, inner]) => checkStorable(inner, [...path, member]));
}

function notStorable(path: readonly string[], because: string): UserError {
  return {
    field: [...path],
    code: 'INVALID_TEXT',
    message: `This ${because}, which can't be stored. Remove it.`,
  };
}
