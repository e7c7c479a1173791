import { AppError } from '../../../core/app-error.ts';
import { encodeFilter, type LdapFilter } from './filter/filter.ts';
import { flavours } from './flavour.ts';
import { moreRights, signedInAs } from './ldap-settings.ts';
import { contextOf, type Reached } from './reach.ts';
import { readEntries } from './read-entries.ts';
import { resultError } from './result-error.ts';

/** How many people are sampled, below the first base DN that has any. */
const sampleSize = 10;

/**
 * The id attribute, and how many people were sampled. `readable` is false when none of them shows an id.
 * `changeAttribute`: the best of the attributes that show changes and that some of them have; null: none.
 */
export type IdFinding = {
  attribute: string;
  readable: boolean;
  sampled: number;
  changeAttribute: string | null;
  /** The flags of accounts that each of them has, when none of them shows one. */
  hiddenFlags: readonly string[];
};

/**
 * Finds the attribute that identifies people: the one in the settings, or the best of the usual ones for this kind of
 * server that some of the first people have. It also finds the attribute that shows changes. Throws AppError when the
 * search fails.
 */
export async function findIdAttribute(reached: Reached, filter: LdapFilter): Promise<IdFinding> {
  const { settings, server, connection } = reached;
  const { ids, constantFlags, changeAttribute, exactChangeAttribute } = flavours[server.flavour];
  const telling = [...(exactChangeAttribute === undefined ? [] : [exactChangeAttribute]), changeAttribute.name];
  const usualOnes = ids.map(({ name }) => name);
  const candidates = settings.idAttribute === null ? usualOnes : [settings.idAttribute];
  const usual = candidates[0] ?? 'entryUUID';
  for (const baseDn of settings.baseDns) {
    const page = { size: sampleSize, cookie: Buffer.alloc(0) };
    const attributes = [...candidates, ...telling, ...constantFlags];
    const search = { baseDn, scope: 'sub', filter: encodeFilter(filter), attributes, page } as const;
    const { entries, result } = await readEntries(connection, search, sampleSize);
    if (result.code !== 0) throw resultError(result, contextOf(reached, baseDn));
    if (entries.length === 0) continue;
    const isShown = (name: string): boolean =>
      entries.some(({ attributes }) => (attributes.get(name.toLowerCase()) ?? []).length > 0);
    const readable = candidates.find(isShown);
    return {
      attribute: readable ?? usual,
      readable: readable !== undefined,
      sampled: entries.length,
      changeAttribute: telling.find(isShown) ?? null,
      hiddenFlags: constantFlags.some(isShown) ? [] : constantFlags,
    };
  }
  return { attribute: usual, readable: true, sampled: 0, changeAttribute: telling[0] ?? null, hiddenFlags: [] };
}

/** The error for a read in which nobody shows an id. */
export function noReadableId({ attribute }: IdFinding, { settings }: Reached): AppError {
  return new AppError(
    'ID_ATTRIBUTE_UNREADABLE',
    `No person in scope shows "${attribute}" to the bind account, so nobody could be recognised again.`,
    {
      hint:
        settings.idAttribute === null
          ? moreRights(
              signedInAs(settings),
              'Give the bind account the right to read it, or name another attribute that never changes in idAttribute.',
            )
          : 'Check idAttribute, or leave it empty so that it is found automatically.',
    },
  );
}
