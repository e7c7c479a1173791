import { allowances } from '../answer-limits.ts';
import { encodeFilter, present } from '../filter/filter.ts';
import type { Reached } from '../reach.ts';
import { readEntries, textsOf } from '../read-entries.ts';

/**
 * Where an OpenLDAP stands: the change sequence number of the last change of each server that writes, by the number of that server.
 * All of a naming context.
 */
export type ChangeNumbers = Readonly<Record<string, string>>;

/** Servers that write into one naming context, at most. OpenLDAP itself numbers them from 0 to 4095. */
const mostServers = 100;

/** All have this form in OpenLDAP, so texts of one server sort as its changes follow each other. */
export const changeNumberShape = /^\d{14}\.\d{6}Z#[\da-f]{6}#([\da-f]{3})#[\da-f]{6}$/;

/** Reads where an OpenLDAP stands with a naming context. Null: it hides that, or is another server. */
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

/** The cookie that stands for a directory with these changes. Only OpenLDAP's cookies can be made by others. */
export function cookieOf(numbers: ChangeNumbers): string {
  return `rid=000,csn=${Object.values(numbers).join(';')}`;
}

/** How far a server is, compared with where it was. */
export type Progress = 'same' | 'further' | 'behind';

/** Compares where a server stands with where it stood. `behind`: it lacks changes that it had. */
export function progressOf(now: ChangeNumbers, before: ChangeNumbers): Progress {
  const isBehind = Object.entries(before).some(([server, number]) => (now[server] ?? '') < number);
  if (isBehind) return 'behind';
  return Object.entries(now).every(([server, number]) => before[server] === number) ? 'same' : 'further';
}
