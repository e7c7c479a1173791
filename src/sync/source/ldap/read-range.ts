import { AppError } from '../../../core/app-error.ts';
import { saidText } from '../../../core/said-text.ts';
import { EntryDecoder } from './entry-decoder.ts';
import { encodeFilter } from './filter/encode-filter.ts';
import { present } from './filter/filter.ts';
import { contextOf, type Reached } from './reach.ts';
import { resultError } from './result-error.ts';

/** Parts of one attribute; Active Directory sends 1,500 values in each, so no group comes near it. */
export const maxParts = 1000;

/** The rest of an attribute: its values, and whether some were left out as undecodable. */
export type RestOfAttribute = { values: string[]; undecodable: boolean };

/**
 * Reads on what came in part (`member;range=0-1499`), from the value numbered `from` until the server says that it was the
 * last part. Throws INVALID_RESPONSE when the parts do not go on where the last one ended, or have no end.
 */
export async function readRange(reached: Reached, dn: string, name: string, from: number): Promise<RestOfAttribute> {
  const rest: RestOfAttribute = { values: [], undecodable: false };
  const decoder = new EntryDecoder([name]);
  const filter = encodeFilter(present('objectClass'));
  let next: number | null = from;
  for (let parts = 0; next !== null; parts++) {
    if (parts === maxParts) throw brokenRange(reached, dn, name, `has not ended it after ${maxParts} parts`);
    const asked: number = next;
    const found: ReturnType<EntryDecoder['decode']>[] = [];
    const result = await reached.connection.search(
      { baseDn: dn, scope: 'base', filter, attributes: [`${name};range=${asked}-*`] },
      { entry: (bytes, at, end) => found.push(decoder.decode(bytes, at, end)), references: () => {} },
    );
    if (result.code !== 0) throw resultError(result, contextOf(reached, dn, false));
    const part = found[0];
    if (part === undefined) throw brokenRange(reached, dn, name, 'does not send the rest of it');
    for (const value of [part.values[0] ?? []].flat()) rest.values.push(value);
    rest.undecodable ||= part.undecodable.length > 0;
    next = part.ranges[0]?.next ?? null;
    if (next !== null && next <= asked) throw brokenRange(reached, dn, name, `sends the part from ${asked} again`);
  }
  return rest;
}

const brokenRange = ({ connection }: Reached, dn: string, name: string, what: string): AppError =>
  new AppError(
    'INVALID_RESPONSE',
    `${connection.url.url} sends "${name}" of "${saidText(dn)}" in parts, and ${what}.`,
    {
      hint: "This is a fault of the server, or of a proxy before it. Look at the server's own log.",
    },
  );
