import { hash } from 'node:crypto';
import { createRequire } from 'node:module';
import { expect, test } from '@jest/globals';
import { version as liquid } from 'liquidjs';
import { Transform } from '../../../src/core/connection.ts';
import type { Entry } from '../../../src/core/entry.ts';
import {
  mappingCodeVersion,
  mappingVersion,
  mappingVersionOf,
  phoneLibrary,
} from '../../../src/sync/map/mapping-version.ts';
import { allowedFilters } from '../../../src/sync/map/template/template-filters.ts';
import { transforms } from '../../../src/sync/map/transforms/transforms.ts';
import { settingsText } from '../../../src/sync/stage/hashed-text.ts';
import { Staging } from '../../../src/sync/stage/stage-people.ts';
import { connectionEdit } from '../../db/support/open-rig.ts';
import { corpus, filterCalls, type Supplier, transformValues } from './mapping-corpus.ts';
import { recordedMapping } from './recorded-mapping.ts';

const { icu, cldr, unicode, tz } = process.versions;
const installed: { version: string } = createRequire(import.meta.url)('libphonenumber-js/package.json');

const digestOf = (outcome: unknown): string => hash('sha256', JSON.stringify(outcome)).slice(0, 16);

type Recorded = {
  version: number;
  /** The libraries and data with which the corpus was mapped. */
  suppliers: Record<Supplier, string>;
  digests: Readonly<Record<string, string>>;
};

const present: Recorded = {
  version: mappingCodeVersion,
  suppliers: {
    phones: `libphonenumber-js ${installed.version}`,
    liquid: `liquidjs ${liquid}`,
    node: `ICU ${icu}, CLDR ${cldr}, Unicode ${unicode}, time zones ${tz}`,
  },
  digests: Object.fromEntries(Object.entries(corpus).map(([part, { outcome }]) => [part, digestOf(outcome())])),
};

/** What to do when results differ from the recorded ones. Null: they do not differ. */
function advice(recorded: Recorded): string | null {
  const parts = Object.keys({ ...recorded.digests, ...present.digests });
  const changed = parts.filter((part) => recorded.digests[part] !== present.digests[part]);
  const record = `Put this into recorded-mapping.ts: ${JSON.stringify(present, null, 2)}`;
  if (recorded.version !== mappingCodeVersion) return `mappingCodeVersion is ${mappingCodeVersion} now. ${record}`;
  if (changed.length === 0) return null;
  const told = `The same entries come to other values now: ${changed.join(', ')}.`;
  const news = new Set(changed.map((part) => newSupplier(recorded, corpus[part]?.supplier ?? null)));
  if (news.has(null))
    return `${told} So people who have not changed must be mapped again: raise mappingCodeVersion (src/sync/map/mapping-version.ts) from ${mappingCodeVersion} to ${mappingCodeVersion + 1}.`;
  return `${told} That is likely the work of ${[...news].join(' and ')}, by which they are mapped again anyway. If our own code has not changed, mappingCodeVersion stays. ${record}`;
}

/** The supplier of a part, if its version differs from the recorded one. */
const newSupplier = (recorded: Recorded, supplier: Supplier | null): string | null =>
  supplier === null || recorded.suppliers[supplier] === present.suppliers[supplier]
    ? null
    : `${present.suppliers[supplier]} (on record: ${recorded.suppliers[supplier]})`;

test('must rise with each change of the results for the same entries', () => {
  const wanted = advice(recordedMapping);
  if (wanted !== null) throw new Error(wanted);
});

test('need not rise when another version of a library gives other results', () => {
  const phones = { ...present.digests, 'transform PHONE_E164': 'other' };
  const suppliers = { ...present.suppliers, phones: 'libphonenumber-js 1.0.0' };
  expect(advice({ ...present, digests: phones })).toMatch(/: transform PHONE_E164\. So .* raise mappingCodeVersion/);
  expect(advice({ ...present, suppliers, digests: phones })).toMatch('mappingCodeVersion stays. Put this into');
  expect(advice({ ...present, suppliers, digests: { ...phones, names: 'other' } })).toMatch('raise mappingCodeVersion');
  expect(advice({ ...present, suppliers })).toBeNull();
  expect(advice({ ...present, version: mappingCodeVersion - 1 })).toMatch(/is \d+ now\. Put this into/);
});

test('is tested with values that each transform changes and leaves, and with each filter', () => {
  expect(Object.keys(transformValues).sort()).toEqual(Object.values(Transform).sort());
  for (const name of Object.values(Transform)) {
    const left = transformValues[name].filter((value) => transforms[name](value, { country: 'DE' }) === value);
    expect(left.length).toBeGreaterThan(0);
    expect(left.length).toBeLessThan(transformValues[name].length);
  }
  const filters = allowedFilters().map(([name]) => name);
  expect(Object.keys(filterCalls).sort()).toEqual(filters.sort());
  for (const [name, call] of Object.entries(filterCalls)) expect(call).toMatch(`| ${name}`);
});

test('is tested with results that are the same each time', () => {
  for (const [part, { outcome }] of Object.entries(corpus))
    expect([part, digestOf(outcome())]).toEqual([part, present.digests[part]]);
});

test("contains the versions of the libraries (set phoneLibrary to the installed one) and of Node's data", () => {
  expect(phoneLibrary).toBe(installed.version);
  expect(mappingVersion.split(' ').slice(2)).toEqual([installed.version, liquid, icu, cldr, unicode, tz]);
});

test('differs with another code version, other numbering plans, or other names of countries', () => {
  const versions = [
    mappingVersionOf(1, { DE: 49 }, ['74']),
    mappingVersionOf(2, { DE: 49 }, ['74']),
    mappingVersionOf(1, { DE: 50 }, ['74']),
    mappingVersionOf(1, { DE: 49 }, ['75']),
  ];
  expect(new Set(versions).size).toBe(4);
  expect(mappingVersion).toMatch(/^\d+ [0-9a-f]{64} \d/);
});

test("is part of each person's hash: under another version nobody is unchanged", () => {
  const entry: Entry = {
    id: 'a',
    name: 'uid=ada',
    attributes: ['Ada'],
    undecodable: [],
    said: null,
  } as unknown as Entry;
  const hashUnder = (version: string) => {
    const staging = new Staging({
      workspaceId: '00000000-0000-4000-8000-000000000001',
      runId: '00000000-0000-4000-8000-000000000002',
      settingsText: settingsText(connectionEdit(), version),
      index: () => {
        throw new Error('nothing is staged');
      },
      people: null,
      onRows: () => {},
      onFills: () => {},
    });
    return [...staging.hash(entry)];
  };
  expect(hashUnder('1')).toEqual(hashUnder('1'));
  expect(hashUnder('2')).not.toEqual(hashUnder('1'));
});
