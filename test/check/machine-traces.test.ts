import { expect, test } from '@jest/globals';
import { machineTraces } from '../../scripts/check/machine-traces.ts';

const traces = machineTraces('/data/anna/kdesk', '/data/anna');

test.each([
  ['the checkout', 'see /data/anna/kdesk/src/main.ts'],
  ['a folder beside it', 'see /data/anna/notes'],
  ['a registry', `"resolved": "https://registry.${'example.org/pkg/-/pkg-1.0.0.tgz'}"`],
])('%s is a trace of the machine', (_what, line) => {
  expect(traces.some((trace) => trace.test(line))).toBe(true);
});

test.each([
  '/data/annabel/kdesk',
  '/tmp/anything',
  '../data/anna/kdesk',
  'https://example.org/registry',
  '/usr/lib/ldap',
])('%s is not a trace of the machine', (line) => {
  expect(traces.some((trace) => trace.test(line))).toBe(false);
});
