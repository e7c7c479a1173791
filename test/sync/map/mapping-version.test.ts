import { hash } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { Transform } from '../../../src/core/connection.ts';
import { ContactField, isLabeledField } from '../../../src/core/contact.ts';
import type { Entry } from '../../../src/core/directory.ts';
import { defaultMappings } from '../../../src/sync/map/default-mappings.ts';
import { mappingCodeVersion, mappingVersion, mappingVersionOf } from '../../../src/sync/map/mapping-version.ts';
import { knownBy } from '../../../src/sync/stage/known-by.ts';
import { Staging } from '../../../src/sync/stage/stage-people.ts';
import { connectionEdit } from '../../db/support/open-rig.ts';
import { mapPerson, mapping, type Person } from './mapping.ts';

/** What our code made of the corpus below when it had that version. */
const golden = { version: 1, digest: 'c90505067c017825f60597b04358e217fdba584d2c1ea86d36a57183871be45b' };

const texts = [
  '', ' padded ', 'Straße 1$12345  Berlin$Germany', 'first\nsecond', 'first\r\nsecond', 'ÄÖÜ ß ﬁ İ ı Σς', 'TRUE', 'false', '0',
  '1', 'yes', 'no', 'de', 'DEU', '276', 'Germany', 'Deutschland', 'Côte d’Ivoire', 'UK', 'GB', 'Atlantis', '+49 30 1234567',
  '0049 (30) 123-4567', '030 1234567', '555-0100', '+1 212 555 0100 ext. 7', 'tel:+33123456789', 'ada@example.org',
  'Ada@EXAMPLE.org', 'Ada Lovelace <ada@example.org>', 'not an address', 'smtp:ada@example.org', 'de-AT', 'en_US', 'Europe/Berlin',
  'Mars/Base', 'a\u0301', '2026-01-31', '😀', 'x'.repeat(400),
]; // biome-ignore format: one list

const people: Person[] = [
  { displayName: 'Ada Lovelace', givenName: 'Ada', sn: 'Lovelace', mail: ['ada@x.org', 'a@x.org'], c: 'GB', telephoneNumber: '020 7946 0000' },
  { givenName: ['Bo', 'Bob'], sn: 'Li', mail: 'BO@X.org', co: 'Germany', mobile: '0170 1234567', postalAddress: 'Road 1$12345 Town' },
  { sn: 'Only', mail: 'not an address' },
  { mail: 'nameless@x.org', preferredLanguage: 'de-AT, en;q=0.5' },
  { cn: 'Common', title: ['CTO', 'CEO'], jpegPhoto: 'x', proxyAddresses: ['SMTP:one@x.org', 'smtp:two@x.org'] },
  {},
]; // biome-ignore format: one person a line

const templates = [
  '{{ givenName }} {{ sn | upcase }}',
  '{% if title == "CTO" %}chief{% else %}{{ title | default: "-" }}{% endif %}',
  '{{ mail | split: "@" | last | downcase }}',
  '{{ sn | append: ", " | append: givenName | strip | truncate: 12 }}',
  '{% for part in mail %}{{ part | slice: 0, 3 }};{% endfor %}',
];

/** Everything that drafts are made with: each field and each transform of each text, templates, and the default mappings. */
const drafts = (): unknown[] => {
  const named = mapping('DISPLAY_NAME', { value: 'Name' });
  const label = (field: ContactField) => (isLabeledField(field) ? 'work' : null);
  const fields = Object.values(ContactField).flatMap((field) =>
    texts.map((text) => mapPerson([named, mapping(field, { label: label(field), attributes: ['a'] })], { a: text })),
  );
  const transformed = Object.values(Transform).flatMap((transform) =>
    (['NOTES', 'COUNTRY', 'PHONE', 'PORTAL_ACCESS'] as const).flatMap((field) =>
      texts.map((text) =>
        mapPerson([named, mapping(field, { label: label(field), attributes: ['a'], transforms: [transform] })], {
          a: text,
        }),
      ),
    ),
  );
  const phones = ['DE', 'US', 'GB'].flatMap((country) =>
    texts.map((text) =>
      mapPerson(
        [
          named,
          mapping('COUNTRY', { value: country }),
          mapping('PHONE', { label: 'work', attributes: ['a'], transforms: ['PHONE_E164'] }),
        ],
        { a: text },
      ),
    ),
  );
  const rendered = templates.flatMap((template) =>
    people.map((person) => mapPerson([named, mapping('NOTES', { template })], person)),
  );
  const defaults = (['LDAP', 'ACTIVE_DIRECTORY'] as const).flatMap((kind) =>
    people.map((person) => mapPerson(defaultMappings(kind), person)),
  );
  return [fields, transformed, phones, rendered, defaults];
};

test('rises with each change of what is made of the same entries', () => {
  const digest = hash('sha256', JSON.stringify(drafts()), 'hex');
  if (digest !== golden.digest && mappingCodeVersion === golden.version)
    throw new Error(
      `Drafts of the same entries have changed, so people who have not changed must be mapped again: raise mappingCodeVersion in src/sync/map/mapping-version.ts, and put { version: ${mappingCodeVersion + 1}, digest: '${digest}' } here.`,
    );
  expect({ version: mappingCodeVersion, digest }).toEqual(golden);
});

test('is another with another code, other numbering plans, or other names of countries', () => {
  const versions = [
    mappingVersionOf(1, { DE: 49 }, ['74']),
    mappingVersionOf(2, { DE: 49 }, ['74']),
    mappingVersionOf(1, { DE: 50 }, ['74']),
    mappingVersionOf(1, { DE: 49 }, ['75']),
  ];
  expect(new Set(versions).size).toBe(4);
  expect(mappingVersion).toMatch(/^\d+ [0-9a-f]{64} \d/);
});

test('is part of what people are known by: under another version nobody is unchanged', () => {
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
      settingsText: knownBy(connectionEdit(), version),
      index: () => {
        throw new Error('nothing is staged');
      },
      onRows: () => {},
      onFills: () => {},
    });
    return [...staging.hash(entry)];
  };
  expect(hashUnder('1')).toEqual(hashUnder('1'));
  expect(hashUnder('2')).not.toEqual(hashUnder('1'));
});
