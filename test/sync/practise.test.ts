import { expect, test } from '@jest/globals';
import { practise } from '../../src/sync/practise.ts';
import { sources } from '../../src/sync/source/sources.ts';

test('a thread that practises makes contacts of all the people it makes up', async () => {
  const { created, ...others } = await practise(sources.LDAP, () => false);
  expect(created).toBeGreaterThan(1000);
  expect(Object.values(others).every((count) => count === 0)).toBe(true);
});

test('a thread stops practising when a run waits for it', async () => {
  let asked = 0;
  const { created } = await practise(sources.LDAP, () => ++asked === 3);
  expect(asked).toBe(3);
  expect(created).toBeLessThan(1000);
});
