import { z } from 'zod';
import type { Since } from '../../../../core/arrivals.ts';
import { encodeFilter, present } from '../filter/filter.ts';
import type { Reached } from '../reach.ts';
import { readEntries, textsOf } from '../read-entries.ts';
import { binaryText } from '../value-text.ts';
import type { Marks, OpenedMarks } from './marks.ts';

/** A place in the changes of one domain controller: its name, its database's id, and the number of its last change. */
const placeShape = z.object({ controller: z.string(), invocation: z.string(), usn: z.number() });
export type Place = z.infer<typeof placeShape>;

/**
 * Reads where a domain controller stands now. It counts the changes of its own database, also those that it gets from others. After
 * a restore the database has another id. Must be read before the search, so that changes during the search come again next time.
 */
export async function readPlace({ connection }: Reached): Promise<Place | { because: string }> {
  const filter = encodeFilter(present('objectClass'));
  const root = { baseDn: '', scope: 'base', filter, attributes: ['highestCommittedUSN', 'dsServiceName'] } as const;
  const { entries } = await readEntries(connection, root, 1);
  const [usn, controller] = ['highestCommittedUSN', 'dsServiceName'].map((name) =>
    entries[0] === undefined ? undefined : textsOf(entries[0], name)[0],
  );
  if (usn === undefined || numberOf(usn) === null || controller === undefined)
    return { because: 'The server does not tell the number of its last change (highestCommittedUSN).' };
  const service = { baseDn: controller, scope: 'base', filter, attributes: ['invocationId'] } as const;
  const found = await readEntries(connection, service, 1);
  const bytes = found.entries[0]?.attributes.get('invocationid')?.[0];
  const invocation = bytes === undefined ? null : binaryText('guid', bytes);
  return invocation === null
    ? {
        because: 'The bind account may not read the invocationId of the server, by which a restored database is known.',
      }
    : { controller, invocation, usn: Number(usn) };
}

/** Reads a place that was noted as JSON. Null: it is none. */
export function placeOf(noted: unknown): Place | null {
  const place = placeShape.safeParse(noted);
  return place.success ? place.data : null;
}

/** Marks of Active Directory: uSNChanged. */
export function usnMarks(now: Place, since: Since | null): OpenedMarks {
  const place = since === null ? null : placeOf(since.cursor.place);
  return { marks: marksSince(now, place?.usn ?? -1), whyAnew: whyAnew(now, place) };
}

/** Why what is counted now can't be compared with an earlier place; null: it can. */
export function whyAnew(now: Place, last: Place | null): string | null {
  if (last === null) return 'The place where the last run ended can not be read.';
  if (last.controller !== now.controller)
    return 'Another domain controller answers than at the last run, and each counts its changes for itself.';
  if (last.invocation !== now.invocation)
    return "The domain controller's database has been restored since the last run.";
  // A database that was set back without a new id, such as the snapshot of a virtual machine.
  return now.usn < last.usn ? 'The domain controller has fewer changes than at the last run.' : null;
}

function marksSince(now: Place, usn: number): Marks {
  return {
    attribute: 'uSNChanged',
    inFullReads: false,
    isKnown: (_, mark) => {
      const number = mark === undefined ? null : numberOf(mark);
      return number !== null && number <= usn;
    },
    note: () => {},
    canKeepOthers: true,
    keepOthers: () => {},
    next: () => ({ cursor: { place: now }, memory: new Uint8Array(0) }),
  };
}

function numberOf(text: string): number | null {
  return /^\d{1,16}$/.test(text) && Number.isSafeInteger(Number(text)) ? Number(text) : null;
}
