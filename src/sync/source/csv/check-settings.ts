import type { Scope } from '../../../core/connection.ts';
import { isOneLine, quoteValue } from '../../../core/outside-text.ts';
import type { Fault, UserErrorCode } from '../../../core/user-error.ts';
import { checkRules, tooLong } from '../shared-checks.ts';
import type { SecretsAtHand } from '../source-module.ts';
import type { CsvSettings } from './csv-settings.ts';
import { columnFault } from './header.ts';
import { encodingOf } from './text-lines.ts';

/**
 * All faults of the settings that can be found without the file. Codes: REQUIRED, INVALID_URL, INVALID_ATTRIBUTE, INVALID_VALUE,
 * TOO_LONG, UNWANTED.
 */
export function checkSettings(settings: CsvSettings, { has }: SecretsAtHand): Fault[] {
  const { url, idColumn, nameColumn, encoding, separator } = settings;
  return [
    ...(url === null ? [] : urlFaults(url)),
    ...(url === null && has.has('authorization')
      ? [
          fault(
            'authorization',
            'UNWANTED',
            'An uploaded file needs no authorization: give url too, or set it to null.',
          ),
        ]
      : []),
    ...(idColumn.trim() === ''
      ? [fault('idColumn', 'REQUIRED', 'Name the column whose values never change for a person.')]
      : columnFaults('idColumn', idColumn)),
    ...(nameColumn === null ? [] : columnFaults('nameColumn', nameColumn)),
    ...(encoding === null ? [] : encodingFaults(encoding)),
    ...(separator === null ? [] : separatorFaults(separator)),
  ];
}

function columnFaults(setting: string, name: string): Fault[] {
  const found = columnFault(name);
  return found === null ? [] : [{ path: [setting], ...found }];
}

function urlFaults(text: string): Fault[] {
  const long = tooLong(['url'], text);
  if (long.length > 0) return long;
  const invalid = (message: string): Fault[] => [fault('url', 'INVALID_URL', message)];
  if (!isOneLine(text)) return invalid('A URL has no control characters and is written on one line.');
  if (!URL.canParse(text))
    return invalid(`${quoteValue(text)} is no URL, such as https://files.example.com/people.csv.`);
  const { protocol, username, password } = new URL(text);
  if (protocol !== 'https:')
    return invalid('The URL begins with https://, so that nobody on the way can read or change the file.');
  if (username !== '' || password !== '')
    return invalid('A URL holds no user name or password: give them as authorization.');
  return [];
}

const longestLabel = 40;

function encodingFaults(encoding: string): Fault[] {
  if (encoding.length <= longestLabel && encodingOf(encoding) !== null) return [];
  const message = `${quoteValue(encoding)} is not a known encoding, such as utf-8, windows-1252 or iso-8859-15.`;
  return [fault('encoding', 'INVALID_VALUE', message)];
}

/** Quotes and line ends have their own meaning in a file, so they can't separate values. */
function separatorFaults(separator: string): Fault[] {
  if (separator.length === 1 && !/["\r\n\0\ufffd]/.test(separator) && separator.isWellFormed()) return [];
  return [fault('separator', 'INVALID_VALUE', 'A separator is one character, such as a comma, a semicolon or a tab.')];
}

/** All faults of a scope. A file has no groups and no filter. Codes: NOT_SUPPORTED, and those of rules. */
export function checkScope({ groups, nestedGroups, excludeGroups, excludeBaseDns, rules, filter }: Scope): Fault[] {
  const unknown = (setting: string, what: string): Fault =>
    fault(setting, 'NOT_SUPPORTED', `A file has no ${what}: use rules on its columns.`);
  return [
    ...(groups.length > 0 || nestedGroups ? [unknown(groups.length > 0 ? 'groups' : 'nestedGroups', 'groups')] : []),
    ...(excludeGroups.length > 0 ? [unknown('excludeGroups', 'groups')] : []),
    ...(excludeBaseDns.length > 0 ? [unknown('excludeBaseDns', 'DNs')] : []),
    ...checkRules(rules, columnFault),
    ...(filter === null || filter.trim() === '' ? [] : [unknown('filter', 'filter language')]),
  ];
}

function fault(setting: string, code: UserErrorCode, message: string): Fault {
  return { path: [setting], code, message };
}
