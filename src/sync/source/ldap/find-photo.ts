import { hash } from 'node:crypto';
import { AppError } from '../../../core/app-error.ts';
import { largestPhotoBytes, type PhotoFinding, type PhotoQuestion, photoType } from '../../../core/photo.ts';
import { allowances } from './answer-limits.ts';
import { normalName } from './attribute-name.ts';
import { EntryDecoder } from './entry-decoder.ts';
import { encodeFilter, present } from './filter/filter.ts';
import { flavours } from './flavour.ts';
import type { Reached } from './reach.ts';
import { decodeRawEntry, type RawEntry } from './read-entries.ts';

/** The attributes with photos, the preferred one first. */
const ofActiveDirectory = ['thumbnailPhoto', 'jpegPhoto', 'photo'];
const ofOthers = ['jpegPhoto', 'photo', 'thumbnailPhoto'];

const anyEntry = encodeFilter(present('objectClass'));

/**
 * Looks up one person's photo by their DN (see SourceSession.photo). Another entry may have the DN now, so the id is
 * compared.
 */
export async function findPhoto(
  { connection, settings, server }: Reached,
  person: PhotoQuestion,
  signal: AbortSignal,
): Promise<PhotoFinding> {
  const { isActiveDirectory, ids } = flavours[server.flavour];
  const photos = isActiveDirectory ? ofActiveDirectory : ofOthers;
  const idNames = settings.idAttribute === null ? ids.map(({ name }) => name) : [settings.idAttribute];
  const decoder = new EntryDecoder(idNames);
  let found: RawEntry | null = null;
  let isThePerson = false;
  const release = connection.obey(signal);
  try {
    const { code, message } = await connection.search(
      {
        baseDn: person.name,
        scope: 'base',
        filter: anyEntry,
        attributes: [...idNames, ...photos],
        allowance: allowances.photo,
      },
      {
        entry: (bytes, at, end) => {
          found = decodeRawEntry(bytes, at, end);
          isThePerson = [decoder.decode(bytes, at, end).values].flat(2).includes(person.id);
        },
        references: () => {},
      },
    );
    if (code !== 0) return later(message === '' ? `the server answers with result ${code}` : message);
  } catch (error) {
    if (error instanceof AppError && error.code === 'INVALID_RESPONSE') throw tooMuch(error);
    throw error;
  } finally {
    release();
  }
  if (found === null || !isThePerson) return later('the directory has nobody with that id at this DN');
  return choose(found, photos, person.hash);
}

function later(because: string): PhotoFinding {
  return { kind: 'later', because };
}

/** The error when the server has sent too much. The connection is already closed then. */
function tooMuch(cause: AppError): AppError {
  return new AppError('PHOTO_TOO_LARGE', cause.message, { cause });
}

/**
 * Chooses the photo: the first attribute with a usable photo decides. If it has several, the stored one stays;
 * otherwise the first one is taken.
 */
function choose(entry: RawEntry, names: readonly string[], stored: string | null): PhotoFinding {
  let unusable: string | null = null;
  for (const name of names) {
    const values = valuesOf(entry, name);
    const usable = values.filter((bytes) => whyUnusable(bytes) === null);
    if (usable.some((bytes) => hashOf(bytes) === stored)) return { kind: 'same' };
    const [bytes] = usable;
    const type = bytes && photoType(bytes);
    if (bytes && type) return { kind: 'photo', photo: { type, hash: hashOf(bytes), bytes: Uint8Array.from(bytes) } };
    const [refused] = values;
    if (refused !== undefined) unusable ??= `(${name}) ${whyUnusable(refused)}`;
  }
  return unusable === null ? { kind: 'none' } : { kind: 'unusable', because: unusable };
}

/** The values of an attribute, also with options such as `;binary`. */
function valuesOf({ attributes }: RawEntry, name: string): Buffer[] {
  return [...attributes]
    .filter(([sent]) => normalName(sent.replace(/;binary$/, '')) === normalName(name))
    .flatMap(([, values]) => values)
    .filter((bytes) => bytes.length > 0);
}

function whyUnusable(bytes: Buffer): string | null {
  if (bytes.length > largestPhotoBytes)
    return `has ${Math.ceil(bytes.length / 1024)} KB, and at most ${largestPhotoBytes / 1024} KB are taken`;
  return photoType(bytes) === null ? 'is no JPEG, PNG, WebP or GIF image' : null;
}

function hashOf(bytes: Buffer): string {
  return hash('sha256', bytes, 'hex');
}
