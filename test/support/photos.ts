/** The first bytes of each type of image. We do not look at the rest. */
const beginnings = {
  jpeg: Buffer.from('ffd8ffe000104a46494600010100000100010000', 'hex'),
  png: Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex'),
  gif: Buffer.from('GIF89a'),
  webp: Buffer.concat([Buffer.from('RIFF'), Buffer.alloc(4), Buffer.from('WEBPVP8 ')]),
} as const;

/** An image of a type: its first bytes, then a text. All bytes of a GIF are valid UTF-8. */
export function image(type: keyof typeof beginnings, text: string, bytes = 0): Buffer {
  const begun = Buffer.concat([beginnings[type], Buffer.from(text)]);
  return begun.length >= bytes ? begun : Buffer.concat([begun, Buffer.alloc(bytes - begun.length, 0xe9)]);
}
