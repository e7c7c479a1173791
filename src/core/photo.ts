/** Most bytes of a photo. Larger ones are not taken. */
export const largestPhotoBytes = 200 * 1024;

export type PhotoType = 'image/jpeg' | 'image/png' | 'image/webp' | 'image/gif';

/** A person whose photo may have changed. `hash`: that of the stored photo; null if none is stored. */
export type PhotoQuestion = { id: string; name: string; hash: string | null };

/** `hash`: SHA-256 of the bytes, in hexadecimal digits. */
export type Photo = { type: PhotoType; hash: string; bytes: Uint8Array };

/** The answer of a source about one person's photo. */
export type PhotoFinding =
  | { kind: 'photo'; photo: Photo }
  /** The photo is the stored one. */
  | { kind: 'same' }
  | { kind: 'none' }
  /** The photo can't be used. `because` continues the words "its photo". */
  | { kind: 'unusable'; because: string }
  /** The person could not be read now, so the next run asks again. */
  | { kind: 'later'; because: string };

/** The bytes with which each image of a type begins; null stands for any byte. */
const beginnings: readonly (readonly [PhotoType, readonly (number | null)[]])[] = [
  ['image/jpeg', [0xff, 0xd8, 0xff]],
  ['image/png', [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]],
  ['image/gif', [0x47, 0x49, 0x46, 0x38, 0x37, 0x61]],
  ['image/gif', [0x47, 0x49, 0x46, 0x38, 0x39, 0x61]],
  ['image/webp', [0x52, 0x49, 0x46, 0x46, null, null, null, null, 0x57, 0x45, 0x42, 0x50]],
];

/**
 * The type of an image, by its first bytes; null if it is none of the types that are served. Types that can contain
 * scripts, such as SVG, are not served.
 */
export function photoType(bytes: Uint8Array): PhotoType | null {
  const begins = beginnings.find(
    ([, beginning]) =>
      bytes.length > beginning.length && beginning.every((byte, at) => byte === null || byte === bytes[at]),
  );
  return begins?.[0] ?? null;
}
