import { allowances } from '../answer-limits.ts';
import { encodeFilter, present } from '../filter/filter.ts';
import type { Reached } from '../reach.ts';
import { readEntries, textsOf } from '../read-entries.ts';

/**
 * An OpenLDAP's position in one naming context: for each server that writes there, by its number, the change sequence
 * number of its last change.
 */
export type ChangeNumbers = Readonly<Record<string, string>>;

/** The most servers that write into one naming context. OpenLDAP itself numbers them from 0 to 4095. */
const mostServers = 100;

/**
 * All change sequence numbers of OpenLDAP have this form, so those of one server sort as texts in the order of its
 * changes.
 */
export const changeNumberShape = /^\d{14}\.\d{6}Z#[\da-f]{6}#([\da-f]{3})#[\da-f]{6}$/;

/** Reads an OpenLDAP's position in a naming context. Null: the server hides it, or is of another kind. */
export async function changeNumbers({ connection, server }: Reached, context: string): Promise<ChangeNumbers | null> {
  if (server.flavour !== 'OPENLDAP') return null;
  const { entries } = await readEntries(connection, {
    baseDn: context,
    scope: 'base',
    filter: encodeFilter(present('objectClass')),
    attributes: ['contextCSN'],
    allowance: allowances.entry,
  });
  const texts = entries[0] === undefined ? [] : textsOf(entries[0], 'contextCSN');
  if (texts.length === 0 || texts.length > mostServers) return null;
  const numbers: Record<string, string> = {};
  for (const text of texts) {
    const [, server] = changeNumberShape.exec(text) ?? [];
    if (server === undefined) return null;
    numbers[server] = text;
  }
  return numbers;
}

/** The cookie for a directory with these changes. Only OpenLDAP's cookies can be made by a client. */
export function cookieOf(numbers: ChangeNumbers): string {
  return `rid=000,csn=${Object.values(numbers).join(';')}`;
}

/** A server's position, compared with an earlier one. */
export type Progress = 'same' | 'further' | 'behind';

/** Compares a server's position with an earlier one. `behind`: it lacks changes that it had then. */
export function progressOf(now: ChangeNumbers, before: ChangeNumbers): Progress {
  const isBehind = Object.entries(before).some(([server, number]) => (now[server] ?? '') < number);
  if (isBehind) return 'behind';
  return Object.entries(now).every(([server, number]) => before[server] === number) ? 'same' : 'further';
}
