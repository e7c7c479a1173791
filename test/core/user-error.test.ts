import { expect, test } from '@jest/globals';
import { userErrorCodes } from '../../src/core/user-error.ts';

test('the codes of user errors follow one pattern: INVALID_X for an invalid X, X_REQUIRED for a missing X', () => {
  expect(new Set(userErrorCodes).size).toBe(userErrorCodes.length);
  for (const code of userErrorCodes) {
    expect(code).toMatch(/^[A-Z]+(?:_[A-Z]+)*$/);
    expect(code).not.toMatch(/_INVALID$|^REQUIRED_|^NOT_ALLOWED|_MISSING$|^MISSING_|_TWICE$/);
  }
});
