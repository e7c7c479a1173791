import { encodeFilter, present } from './filter/filter.ts';
import type { Reached } from './reach.ts';
import { readEntries, textsOf } from './read-entries.ts';

/** Longer definitions are cut. Real ones have a few hundred characters. */
const longestDefinition = 10_000;

/** The definitions of the server's schema (RFC 4512). Empty: the account can't read them. */
export async function readSchema(reached: Reached, what: 'objectClasses' | 'attributeTypes'): Promise<string[]> {
  const [place] = await valuesOf(reached, '', 'subschemaSubentry');
  return place === undefined ? [] : await valuesOf(reached, place, what);
}

/** The definition of a class or attribute; it can have several names. */
export function definitionOf(definitions: readonly string[], name: string): string | undefined {
  const named = new RegExp(`NAME (?:'|\\([^)]*')${name}'`, 'i');
  return definitions.find((text) => named.test(text));
}

async function valuesOf({ connection }: Reached, baseDn: string, attribute: string): Promise<string[]> {
  const filter = encodeFilter(present('objectClass'));
  const { entries } = await readEntries(connection, { baseDn, scope: 'base', filter, attributes: [attribute] });
  return entries[0] === undefined ? [] : textsOf(entries[0], attribute).map((text) => text.slice(0, longestDefinition));
}
