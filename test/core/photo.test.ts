import { expect, test } from '@jest/globals';
import { photoType } from '../../src/core/photo.ts';
import { image } from '../support/photos.ts';

test.each(['jpeg', 'png', 'gif', 'webp'] as const)('an image is known by its first bytes: %s', (type) => {
  expect(photoType(image(type, 'rest'))).toBe(`image/${type}`);
});

test.each([
  ['nothing', ''],
  ['a document with scripts', '<svg xmlns="http://www.w3.org/2000/svg"/>'],
  ['a page', '<!DOCTYPE html>'],
  ['a beginning alone', 'GIF89a'],
  ['a beginning further on', ' GIF89a...'],
  ['another file in the same container', 'RIFF....WAVEfmt '],
])('%s is no photo', (_, text) => {
  expect(photoType(Buffer.from(text))).toBeNull();
});
