import { randomBytes } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { AppError } from '../../../src/core/app-error.ts';
import { createSealer } from '../../../src/db/secrets/sealer.ts';

const [oldKey, newKey] = [randomBytes(32), randomBytes(32)];
const row = { workspaceId: 'w', connectionId: 'c', name: 'bindPassword' };
const secret = 'pässword 🔑';

describe('a sealer', () => {
  test.each([secret, '', 'x'.repeat(10_000)])('opens what it sealed', (text) => {
    const sealer = createSealer([oldKey]);
    expect(sealer.open({ ...row, ...sealer.seal(text, row) })).toBe(text);
  });

  test('never seals the same text to the same bytes, and never shows it', () => {
    const sealer = createSealer([oldKey]);
    const [one, two] = [sealer.seal(secret, row), sealer.seal(secret, row)];
    expect(one.sealed.equals(two.sealed)).toBe(false);
    expect(one.sealed.includes(Buffer.from(secret))).toBe(false);
  });

  test('seals with the first key and opens with any, so that keys can be rotated', () => {
    const before = createSealer([oldKey]).seal(secret, row);
    const rotating = createSealer([newKey, oldKey]);
    expect(rotating.open({ ...row, ...before })).toBe(secret);
    const after = rotating.seal(secret, row);
    expect(createSealer([newKey]).open({ ...row, ...after })).toBe(secret);
    expect(() => createSealer([newKey]).open({ ...row, ...before })).toThrow(/SECRETS_KEY/);
  });

  const sealer = createSealer([oldKey]);
  const good = sealer.seal(secret, row);
  const flipped = (at: number) => {
    const sealed = Buffer.from(good.sealed);
    sealed[at] = (sealed[at] ?? 0) ^ 1;
    return sealed;
  };

  test.each([
    ['of another workspace', { ...row, workspaceId: 'x', ...good }],
    ['of another connection', { ...row, connectionId: 'x', ...good }],
    ['of another name', { ...row, name: 'x', ...good }],
    ['with a changed nonce', { ...row, ...good, sealed: flipped(0) }],
    ['with a changed tag', { ...row, ...good, sealed: flipped(12) }],
    ['with a changed text', { ...row, ...good, sealed: flipped(28) }],
    ['cut short', { ...row, ...good, sealed: good.sealed.subarray(0, 20) }],
    ['with nothing in it', { ...row, ...good, sealed: Buffer.alloc(0) }],
    ['of a key that is not at hand', { ...row, ...good, keyId: 'other' }],
  ])('refuses a row %s, without showing the secret', (_, changed) => {
    const open = () => sealer.open(changed);
    expect(open).toThrow(AppError);
    expect(open).toThrow(
      expect.objectContaining({ code: 'SECRET_UNREADABLE', message: expect.not.stringContaining(secret) }),
    );
  });

  test.each([[[]], [[randomBytes(16)]]])('takes keys of 32 bytes, and at least one key', (keys) => {
    expect(() => createSealer(keys)).toThrow('32 bytes');
  });
});
