import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { LogCode } from '../../src/core/run.ts';

const src = join(import.meta.dirname, '../../src');

test('each code of the run log is written by some code', () => {
  const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter(
    (file) => file.endsWith('.ts') && file !== join('core', 'run.ts'),
  );
  const words = new Set(files.flatMap((file) => readFileSync(join(src, file), 'utf8').match(/\b[A-Z_]+\b/g) ?? []));
  expect(Object.values(LogCode).filter((code) => !words.has(code))).toEqual([]);
});
