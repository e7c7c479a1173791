/** Our reading up to the draft, in one process: people are read, decoded, scoped and mapped. Nothing is stored. */

import type { Entry } from '../../src/core/entry.ts';
import { borrowFiles } from '../../src/sync/lend-files.ts';
import { compileMapping } from '../../src/sync/map/compile-mapping.ts';
import { scopeEntry } from '../../src/sync/scope/scope-person.ts';
import { sources } from '../../src/sync/source/sources.ts';
import { defaultMappings, defaultScope, ldapNames } from '../../test/support/source-defaults.ts';
import { answer, input } from '../row-process.ts';

const { url, bindDn, bindPassword, peopleDn } = input();
const settings = {
  urls: [url],
  startTls: false,
  tlsCa: null,
  tlsVerify: true,
  bindDn,
  baseDns: [peopleDn],
  pageSize: 1000,
  timeoutSeconds: 60,
  idAttribute: null,
};
const { signal } = new AbortController();
const began = performance.now();
const mapping = compileMapping(defaultMappings('LDAP'), ldapNames);
const scope = defaultScope('LDAP');
let people = 0;

const session = await sources.LDAP.open(
  settings,
  { bindPassword },
  { addresses: { allowPrivate: true, cidrs: [] }, files: borrowFiles(null), signal },
);
await session.read(
  { attributes: mapping.attributes, scope, at: new Date(), since: null },
  () => ({
    present: takePage,
    unchanged: () => 'wanted',
    missing: () => null,
    othersStay: () => {},
    startOver: () => {},
    gone: () => {},
    end: () => {},
  }),
  signal,
);
const ms = performance.now() - began;
await session.close();
answer({ ms, people });

function takePage(entries: readonly Entry[]): number {
  for (const entry of entries) {
    if (scopeEntry(entry, scope, null).kind === 'out') continue;
    if (mapping.map(entry).kind !== 'problem') people++;
  }
  return entries.length;
}
