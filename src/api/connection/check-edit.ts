import { isInvisible, isOneLine, isPlainText } from '../../core/one-line.ts';
import { quoteValue } from '../../core/quote-value.ts';
import type { ConnectionEdit } from '../../core/records.ts';
import type { RunnerPort } from '../../core/runner-port.ts';
import { isStorable } from '../../core/storable-text.ts';
import type { UserError } from '../../core/user-error.ts';
import { checkAccount } from './check-secret.ts';
import { inputPaths } from './edit-connection.ts';
import { memberOf } from './source-of.ts';

const LONGEST_NAME = 200;
const LONGEST_DESCRIPTION = 2000;

/**
 * All that keeps a connection from being saved, with the paths of createConnection and updateConnection.
 * `hasBindPassword`: once it is saved.
 */
export const checkEdit = (edit: ConnectionEdit, hasBindPassword: boolean, runner: RunnerPort): UserError[] => [
  ...checkText(edit),
  ...(hasBindPassword ? [] : checkNoPassword(edit)),
  ...checkAccount(edit.source, hasBindPassword, inputPaths(memberOf[edit.kind]).source),
  ...checkNestedGroups(edit),
  ...runner.checkConnection(edit, inputPaths(memberOf[edit.kind])),
];

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

const invalidText = (member: string, message: string): UserError => ({
  field: ['input', member],
  code: 'INVALID_TEXT',
  message,
});

const tooLong = (member: string, longest: number): UserError => ({
  field: ['input', member],
  code: 'TOO_LONG',
  message: `At most ${longest} characters.`,
});

/** A Draft may still lack its password: it runs dry at most. */
const checkNoPassword = ({ status, kind, source: { bindDn } }: ConnectionEdit): UserError[] =>
  status === 'DRAFT' || bindDn === null || bindDn.trim() === ''
    ? []
    : [
        {
          field: ['input', 'source', memberOf[kind], 'bindPassword'],
          code: 'SECRET_REQUIRED',
          message: `Give the password of ${quoteValue(bindDn)}, leave bindDn empty to read without signing in, or keep the connection a Draft.`,
        },
      ];

const checkNestedGroups = ({ scope }: ConnectionEdit): UserError[] =>
  scope.nestedGroups
    ? [
        {
          field: ['input', 'scope', 'nestedGroups'],
          code: 'NOT_SUPPORTED',
          message: 'Groups within groups are not followed yet: name each group whose members are to come over.',
        },
      ]
    : [];
