import { expect, test } from '@jest/globals';
import type { LogLine } from '../../src/core/run.ts';
import { logText } from '../../src/server/log-text-route.ts';

const line: LogLine = {
  seq: 7,
  at: new Date('2026-03-01T09:30:00.123Z'),
  level: 'WARN',
  code: 'NO_NAME',
  message: 'Skipped',
  person: null,
  personId: null,
  contactId: null,
};

test('a line has number, time, level, code, message and person', () => {
  expect(logText({ ...line, person: 'cn=Ada' })).toBe('7 2026-03-01T09:30:00.123Z WARN  NO_NAME Skipped [cn=Ada]\n');
});

test.each([
  ['a\nb\r\tc', 'a\\nb\\r\\tc'],
  ['\u001b[31mred\u0000', '\\u001b[31mred\\u0000'],
  ['\u0085\u2028\u2029\u202e', '\\u0085\\u2028\\u2029\\u202e'],
  ['Ångström \u{1f600} مرحبا', 'Ångström \u{1f600} مرحبا'],
])('%j stays one line', (text, escaped) => {
  expect(logText({ ...line, message: text, person: text })).toBe(
    `7 2026-03-01T09:30:00.123Z WARN  NO_NAME ${escaped} [${escaped}]\n`,
  );
});
