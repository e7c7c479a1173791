import { type FieldMapping, MappingPolicy, SourceKind, type Transform } from '../../../src/core/connection.ts';
import {
  ContactField,
  type ContactValues,
  isFlagField,
  isLabeledField,
  primaryEmailOnce,
} from '../../../src/core/contact.ts';
import { transforms } from '../../../src/sync/map/transforms/transforms.ts';
import { mergeContact } from '../../../src/sync/plan/merge.ts';
import { decodeAll } from '../../support/decode-entries.ts';
import { entry } from '../../support/ldap-fake-server.ts';
import { defaultMappings } from '../../support/source-defaults.ts';
import { mapPerson, mapping, type Person } from './mapping.ts';

/**
 * Entries that use every part of the mapping, and their results. Numbers, countries and dates are chosen so that no release of the
 * libraries is likely to read them differently: a difference then comes from our own code.
 */

/** For each transform: values that it changes, empties and keeps. The compiler asks for those of a new transform. */
export const transformValues: Record<Transform, readonly string[]> = {
  LOWERCASE: ['ÄNNA Berg', 'STRASSE', 'ΟΔΟΣ', 'anna', 'I'],
  UPPERCASE: ['Straße', 'änna', 'ANNA', 'ﬁx', 'i'],
  PHONE_E164: [
    ...['+49 30 1234567', '+49301234567', '0049 30 1234567', '030 1234567', '030/12 34 56-7', '+49 (0)30 1234567'],
    ...['+49 30 1234567 ext. 45', '+49 30 1234567 x45', '+49 30 1234567;ext=45', '+1 212 555 0100', '(212) 555-0100'],
    ...['011 44 20 7946 0958', '+44 20 7946 0958', 'tel:+49-30-1234567', '+39 06 12345678', '+7 495 123-45-67'],
    ...['110', 'x45', 'call me', '+49', '+', '++49 30 1234567', '+49 30 1234567 / 68', '+999 12345678', '٠٣٠١٢٣٤٥٦٧'],
  ],
  COUNTRY_CODE: [
    ...[
      'DE',
      'de',
      'DEU',
      'deu',
      '276',
      '36',
      '0',
      '000',
      '999',
      'XK',
      'ZZ',
      'UK',
      'Holland',
      'U.S.A.',
      'Great Britain',
    ],
    ...[
      'Germany',
      'Deutschland',
      'Allemagne',
      'ALEMANIA',
      'France',
      'España',
      'espana',
      'Österreich',
      'Schweiz',
      'Italia',
    ],
    ...['Atlantis', 'BRD', '日本', 'Российская Федерация', 'Ivory Coast', 'Hong Kong'],
  ],
  FIRST_LINE: ['Weg 1 \r\nOrt', 'a\u0085b', 'a\u2028b', 'a\rb', 'one line', 'a\fb', 'a\vb'],
  POSTAL_ADDRESS: ['1 Main St.$Anytown$USA', '\\241,000$Box', 'back\\5Cslash$\\5c24', 'a $ $ b$', 'plain', '$', '\\24'],
  BOOLEAN: [
    ...[
      'TRUE',
      'false',
      'Yes',
      'no',
      'y',
      'N',
      't',
      'f',
      '1',
      '0',
      'On',
      'off',
      'enabled',
      'Disabled',
      'active',
      'INACTIVE',
    ],
    ...['maybe', '2', 'ja', ''],
  ],
};

/** One call of each template filter, with `one` (a text) or `attr_all.many` (a list). */
export const filterCalls: Readonly<Record<string, string>> = {
  append: 'one | append: "!"',
  prepend: 'one | prepend: "Dr. "',
  default: 'none | default: "–"',
  size: 'attr_all.many | size',
  upcase: 'one | upcase',
  downcase: 'one | downcase',
  capitalize: 'one | capitalize',
  truncate: 'one | truncate: 6, "…"',
  truncatewords: 'one | truncatewords: 1',
  strip: 'spaced | strip: "-"',
  lstrip: 'spaced | lstrip: "-"',
  rstrip: 'spaced | rstrip: "-"',
  squish: 'spaced | squish',
  normalize_whitespace: 'spaced | normalize_whitespace',
  strip_newlines: 'lines | strip_newlines',
  newline_to_br: 'lines | newline_to_br',
  strip_html: 'html | strip_html',
  number_of_words: 'one | number_of_words',
  escape: 'html | escape',
  escape_once: 'html | escape_once',
  xml_escape: 'html | xml_escape',
  slugify: 'one | slugify: "latin"',
  replace: 'one | replace: "e", "3"',
  replace_first: 'one | replace_first: "e", "3"',
  replace_last: 'one | replace_last: "e", "3"',
  remove: 'one | remove: "e"',
  remove_first: 'one | remove_first: "e"',
  remove_last: 'one | remove_last: "e"',
  split: 'one | split: " " | last',
  join: 'attr_all.many | join: "; "',
  array_to_sentence_string: 'attr_all.many | array_to_sentence_string: "und"',
  slice: 'one | slice: 1, 3',
  first: 'attr_all.many | first',
  last: 'attr_all.many | last',
  reverse: 'attr_all.many | reverse | join',
  uniq: 'attr_all.many | uniq | join',
  compact: 'attr_all.many | compact | join',
  concat: 'attr_all.many | concat: attr_all.one | join',
  push: 'attr_all.many | push: one | join',
  unshift: 'attr_all.many | unshift: one | join',
  pop: 'attr_all.many | pop | join',
  shift: 'attr_all.many | shift | join',
  sum: 'attr_all.numbers | sum',
  sort: 'attr_all.many | sort | join',
  sort_natural: 'attr_all.many | sort_natural | join',
  abs: '"-7.5" | abs',
  ceil: 'number | ceil',
  floor: 'number | floor',
  round: 'number | round: 1',
  to_integer: 'number | to_integer',
  at_least: 'number | at_least: 10',
  at_most: 'number | at_most: 3',
  plus: 'number | plus: 1',
  minus: 'number | minus: 1',
  times: 'number | times: 3',
  modulo: 'number | modulo: 2',
  divided_by: 'number | divided_by: 2',
  url_encode: 'one | url_encode',
  url_decode: '"a+b%20c" | url_decode',
  cgi_escape: 'one | cgi_escape',
  uri_escape: 'one | uri_escape',
  base64_encode: 'one | base64_encode',
  base64_decode: '"w4RubmE=" | base64_decode',
  sha256: 'one | sha256',
  hmac_sha256: 'one | hmac_sha256: "key"',
  date: 'day | date: "%A %-d %B %Y %H:%M:%S %z", "Europe/Berlin"',
  date_to_xmlschema: 'day | date_to_xmlschema',
  date_to_rfc822: 'day | date_to_rfc822',
  date_to_string: 'day | date_to_string: "ordinal", "US"',
  date_to_long_string: 'day | date_to_long_string',
};

const filterPerson: Person = {
  one: 'Änne Berger & Söhne',
  many: ['b', 'A', 'c', 'B', 'a', 'b '],
  spaced: '--  a   b --',
  lines: 'a\r\nb\nc',
  html: '<b>"A" &amp; B</b>',
  numbers: ['1', '2.5', '10'],
  number: '7.45',
  day: '2020-07-01T22:30:00Z',
};

/** Tags, outputs and operators. */
const templates = [
  'plain',
  '{{ givenName }} {{ sn }}',
  '{{givenname}} {{SN}}',
  '{{ sn | upcase }}{% if title %}, {{ title }}{% endif %}',
  '{% unless title %}{{ nickname | default: givenName }}{% else %}{{ title }}{% endunless %}',
  '{{ msDS-phoneticName }} {{ ["msDS-phoneticName"] }}',
  '{{- givenName -}} {{ sn }} {%- comment -%} x {%- endcomment -%}',
  '{{ givenName }} <{{ mail }}>',
  '{{ attr_all.mail | join: ", " }} {{ attr_all.mail[0] }} {{ attr_all.mail.size }}',
  '{% for each in attr_all.mail reversed %}{{ forloop.index }}{{ each }}{% unless forloop.last %},{% endunless %}{% endfor %}',
  '{% for i in (1..3) %}{{ i }}{% cycle "a", "b" %}{% endfor %}',
  '{% assign sn = sn | downcase %}{{ sn }}{% capture full %}{{ sn }}-{{ givenName }}{% endcapture %} {{ full }}',
  '{% case sn %}{% when "Berg" %}B{% when "Tal" %}T{% else %}?{% endcase %}',
  '{% if sn == "Berg" and givenName contains "nn" or title %}yes{% elsif sn > "A" %}more{% else %}no{% endif %}',
  '{% increment n %}{% increment n %}{% decrement m %}{% echo sn %}{% raw %}{{ sn }}{% endraw %}',
  '{% liquid\nassign a = sn\necho a\n%}{% # a remark %}',
  '{{ number | plus: 1 }} {{ 1.0 }} {{ true }} {{ nil }}x{{ empty }}',
  '{{ nothing }}',
  '{% for i in (1..100000000) %}{{ sn }}{% endfor %}',
];

const templatePerson: Person = {
  givenName: ' Anna ',
  sn: 'Berg',
  mail: ['z@x.de', 'a@x.de', ' '],
  'msDS-phoneticName': 'Ann',
  number: '41',
};

const rich: Person = {
  ...{ displayName: 'Berg, Anna', cn: ['Anna Berg', 'A. Berg'], givenName: ' Anna ', sn: 'Berg' },
  ...{ o: 'ACME', company: 'ACME', title: 'CTO\nand more', departmentNumber: ['', ' '], ou: ['people', 'IT'] },
  ...{
    department: 'IT',
    employeeNumber: '7',
    mail: ['Anna@X.de', 'nonsense'],
    mailAlternateAddress: ['anna@x.DE', 'b@x.de'],
  },
  proxyAddresses: [
    'smtp:b@x.de',
    'SMTP:Anna@x.de',
    'X500:/o=x',
    'sip:anna@x.de',
    'smtp:anna@x.de',
    'c@x.de',
    'smtp:bad',
  ],
  ...{ telephoneNumber: ['030 1234567', '+49 30 1234567', '030 1234567'], mobile: '+49 170 1234567', homePhone: ' ' },
  ...{ otherTelephone: ['1', '2'], postalAddress: 'Weg 1$Ort', streetAddress: 'Weg 1\r\nOrt', l: 'Berlin', st: 'BE' },
  ...{ postalCode: '10115', c: 'de', co: 'France', preferredLanguage: 'de-DE', description: ['x', 'y'], info: 'hello' },
};

/** What each kind of field does with any value. */
const anyValues: readonly Person[string][] = [
  ...[
    '',
    ' \t',
    ' a ',
    'a\nb',
    'x'.repeat(1_000),
    'x'.repeat(1_001),
    'x'.repeat(65_537),
    'a\0b',
    'a\ud800b',
    'Ａ',
    'e\u0301',
  ],
  ...[
    'a@x.de',
    ' A@X.de ',
    'smtp:a@x.de',
    'SMTP: a@x.de',
    'X400:c=de',
    'a@',
    '@x',
    'a b@x.de',
    '"a b"@x.de',
    '"a\\ b"@x.de',
  ],
  ...[
    'a@[192.0.2.1]',
    'ä@ö.de',
    'a.@x.de',
    'a@-x.de',
    `${'a'.repeat(65)}@x.de`,
    `a@${'b.'.repeat(127)}de`,
    'a@x',
    'a\u200b@x.de',
  ],
  ...['Ada <a@x.de>', 'true', 'No', 'yes!', '+49 30 1234567', 'DE', 'Germany', 'en_US', 'de-AT', 'Mars/Base', '😀'],
  ['a@x.de', 'A@x.de', 'b@x.de', 'b', ' b '],
  ['SMTP:p@x.de', 'smtp:a@x.de', 'SMTP:q@x.de'],
  ['yes', 'no'],
  ['yes', 'TRUE', 'perhaps'],
  ['', ' '],
  [],
];

const named: FieldMapping[] = [mapping('FAMILY_NAME', { attributes: ['sn'] })];

/** All that a mapping decides about a person. The words of remarks and problems are only for the log. */
const outcomeOf = (mappings: FieldMapping[], person: Person): unknown => {
  const outcome = mapPerson(mappings, { sn: 'Berg', ...person });
  return outcome.kind === 'problem' ? outcome.code : { ...outcome.draft, alternatives: outcome.alternatives };
};

const labelOf = (field: ContactField): string | null => (isLabeledField(field) ? 'work' : null);

const ofTransform = (name: Transform): unknown =>
  transformValues[name].map((value) => [
    ...[null, 'DE', 'US', 'IT'].map((country) => transforms[name](value, { country })),
    outcomeOf(
      [...named, mapping('COUNTRY', { attributes: ['c'] }), mapping('CITY', { attributes: ['a'], transforms: [name] })],
      {
        a: [value, ` ${value} `],
        c: 'de',
      },
    ),
  ]);

const ofField = (field: ContactField): unknown => {
  const of = (rest: Partial<FieldMapping>) => [...named, mapping(field, { label: labelOf(field), ...rest })];
  return [
    ...anyValues.map((a) => outcomeOf(of({ attributes: ['b', 'a', 'c'] }), { a, c: 'c@x.de' })),
    ...anyValues.map((a) => outcomeOf(of({ template: '{{ a }}{{ attr_all.a | last }}' }), { a })),
    ...['x', ' a@x.de ', 'true', 'off'].map((value) => outcomeOf(of({ value }), {})),
    ...(isFlagField(field) ? ['aktiv', '1'] : []).map((a) =>
      outcomeOf(of({ attributes: ['a'], transforms: ['BOOLEAN'] }), { a }),
    ),
  ];
};

/** Names that are put together because none is mapped. */
const ofNames = (): unknown => {
  const people: Person[] = [
    {},
    { given: 'Anna' },
    { family: 'Berg' },
    { given: 'Anna', family: 'Berg' },
    { given: ['Anna', 'Ann'], family: ['Berg', 'Tal'], primary: 'a@x.de' },
    { primary: ['z@x.de', 'a@x.de'] },
    { others: ['z@x.de', 'a@x.de'], o: 'ACME' },
    { o: 'ACME' },
  ];
  const mappings = [
    mapping('GIVEN_NAME', { attributes: ['given'] }),
    mapping('FAMILY_NAME', { attributes: ['family'] }),
    mapping('PRIMARY_EMAIL', { attributes: ['primary'] }),
    mapping('EMAIL', { label: 'other', attributes: ['others'] }),
    mapping('COMPANY', { attributes: ['o'] }),
  ];
  return people.map((person) => outcomeOf(mappings, person));
};

const emails: ContactValues = {
  DISPLAY_NAME: 'Anna',
  PRIMARY_EMAIL: 'anna@x.de',
  EMAIL: ['Anna@X.de', 'b@x.de'].map((value) => ({ label: 'other', value })),
};

/** The result of merging values into a contact: a new one, one fed before, one edited by hand. */
const ofContacts = (): unknown => [
  primaryEmailOnce(emails),
  primaryEmailOnce({ ...emails, EMAIL: [{ label: 'other', value: 'ANNA@x.de' }] }),
  ...Object.values(MappingPolicy).flatMap((policy) =>
    [
      { DISPLAY_NAME: 'Anna' },
      { DISPLAY_NAME: 'Anna', CITY: 'Rome', PRIMARY_EMAIL: 'b@x.de', EMAIL: [{ label: 'own', value: 'Anna@X.de' }] },
      { DISPLAY_NAME: 'Berg', FAMILY_NAME: 'Berg', CITY: 'Paris', EMAIL: [{ label: 'other', value: 'b@x.de' }] },
    ].map((current: ContactValues) =>
      mergeContact({
        current,
        draft: { ...emails, FAMILY_NAME: 'Tal' },
        alternatives: {},
        mappings: [
          mapping('EMAIL', { label: 'other', policy }),
          mapping('PRIMARY_EMAIL', { policy }),
          mapping('FAMILY_NAME', { policy }),
          mapping('CITY', { policy }),
        ],
        lockedFields: [],
        rank: { priority: 1, createdAt: 1, connectionId: 'a' },
        fillsBefore: { CITY: 'l', DISPLAY_NAME: '~' },
        fills: { PRIMARY_EMAIL: 'mail', 'EMAIL:other': 'others', FAMILY_NAME: 'sn', DISPLAY_NAME: '~' },
        others: [],
      }),
    ),
  ),
];

/** How bytes become text. */
const ofDecoding = (): unknown => {
  const sid = Buffer.from('010500000000000515000000010000000200000003000000f4010000', 'hex');
  const bytes = Buffer.from(Array.from({ length: 16 }, (_, i) => 0xf0 + i));
  const names = ['cn', 'sn', 'objectGUID', 'GUID', 'objectSid', 'entryUUID', 'description', 'mail', 'cn;lang-de'];
  return [
    entry(7, 'cn=Jörg', { cn: ['Jörg', Buffer.of(0x4a, 0xf6)], objectGUID: bytes, GUID: bytes, objectSid: sid }),
    entry(7, 'cn=a', { objectGUID: 'short', objectSid: Buffer.of(1, 1), entryUUID: 'ABC-DEF', 'CN;lang-DE': 'Jörg' }),
    entry(7, 'cn=b', {
      surname: ['b', 'a', 'b'],
      mail: [],
      cn: ['Ada\0', 'Ada'],
      description: Buffer.of(0x41, 0xed, 0xa0, 0x80),
    }),
    entry(7, Buffer.from('cn=\0'), { cn: 'x'.repeat(5_000), description: Buffer.alloc(300_000, 'x') }),
    entry(7, 'cn=c', { cn: '\ufeffa \u00a0', mail: 'e\u0301@x.de', description: '' }),
  ].map((message) => decodeAll(names, message));
};

/** What the result of a part of the corpus depends on, besides our own code. */
export type Supplier = 'phones' | 'liquid' | 'node';

export type CorpusPart = { outcome: () => unknown; supplier: Supplier | null };

const own = (outcome: () => unknown): CorpusPart => ({ outcome, supplier: null });

const suppliers: Partial<Record<Transform, Supplier>> = { PHONE_E164: 'phones', COUNTRY_CODE: 'node' };

export const corpus: Readonly<Record<string, CorpusPart>> = {
  decoding: own(ofDecoding),
  ...Object.fromEntries(
    (Object.keys(transformValues) as Transform[]).map((name) => [
      `transform ${name}`,
      { outcome: () => ofTransform(name), supplier: suppliers[name] ?? null },
    ]),
  ),
  ...Object.fromEntries(Object.values(ContactField).map((field) => [`field ${field}`, own(() => ofField(field))])),
  names: own(ofNames),
  templates: {
    outcome: () => templates.map((template) => outcomeOf([...named, mapping('NOTES', { template })], templatePerson)),
    supplier: 'liquid',
  },
  filters: {
    outcome: () =>
      Object.values(filterCalls).map((call) =>
        outcomeOf([...named, mapping('NOTES', { template: `{{ ${call} }}` })], filterPerson),
      ),
    supplier: 'liquid',
  },
  ...Object.fromEntries(
    Object.values(SourceKind).map((kind) => [
      `defaults of ${kind}`,
      own(() => [
        defaultMappings(kind),
        outcomeOf(defaultMappings(kind), rich),
        outcomeOf(defaultMappings(kind), { mail: 'bad' }),
      ]),
    ]),
  ),
  contacts: own(ofContacts),
};
