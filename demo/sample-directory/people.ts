import { createHash } from 'node:crypto';
import { type Culture, cultures } from './cultures.ts';
import { createRandom, type Random } from './random.ts';

/** An entry of the directory; attribute names as inetOrgPerson (RFC 2798) writes them. */
export type SampleEntry = { dn: string; attributes: Record<string, string[]> };

export const suffix = 'dc=acme,dc=example';
export const peopleDn = `ou=people,${suffix}`;
export const readerDn = `cn=reader,${suffix}`;
/** The password of an account that can only read made-up people on loopback. */
export const readerPassword = 'sample-directory';

const departments: readonly { name: string; titles: readonly string[] }[] = [
  { name: 'Engineering', titles: ['Software Engineer', 'Site Reliability Engineer', 'Engineering Lead'] },
  { name: 'Customer Support', titles: ['Support Agent', 'Support Lead', 'Field Technician'] },
  { name: 'Sales', titles: ['Account Executive', 'Sales Assistant', 'Regional Sales Lead'] },
  { name: 'Finance', titles: ['Accountant', 'Controller', 'Payroll Specialist'] },
  { name: 'Human Resources', titles: ['Recruiter', 'HR Partner'] },
  { name: 'Legal & Compliance', titles: ['Counsel', 'Compliance Officer'] },
  { name: 'Research', titles: ['Scientist', 'Lab Technician', 'Postdoc'] },
  { name: 'Logistics', titles: ['Dispatcher', 'Warehouse Lead', 'Driver'] },
];

/** Names that need escaping in a DN (RFC 4514), in spellings that a directory may send. */
const hostileNames: readonly (readonly [rdn: string, name: string])[] = [
  ['cn=Okafor\\, Ada (Berlin)', 'Okafor, Ada (Berlin)'],
  ['cn=R&D \\+ Labs\\, Front Desk', 'R&D + Labs, Front Desk'],
  ['cn=\\"Annie\\" Oakley', '"Annie" Oakley'],
  ['cn=\\#42 Hot Desk', '#42 Hot Desk'],
  ['cn=Night Shift\\20', 'Night Shift '],
  ['cn=ACME\\5cReception', 'ACME\\Reception'],
  ['cn=a\\=b\\;c \\<Test\\>', 'a=b;c <Test>'],
];

/** The suffix, its branches, its groups and `count` people, parents first. Each call returns the same. */
export function sampleEntries(count = 1200): SampleEntry[] {
  const random = createRandom(20_261_122);
  const taken = new Set<string>();
  const people = Array.from({ length: count }, (_, index) => person(index, random, taken));
  for (const [index, [rdn, name]] of hostileNames.entries()) rename(at(people, 40 + index * 97), rdn, name);
  addFaults(people);
  addManagers(people);
  return [
    { dn: suffix, attributes: { objectClass: ['dcObject', 'organization'], dc: ['acme'], o: ['ACME Widgets'] } },
    { dn: peopleDn, attributes: { objectClass: ['organizationalUnit'], ou: ['people'] } },
    { dn: `ou=groups,${suffix}`, attributes: { objectClass: ['organizationalUnit'], ou: ['groups'] } },
    ...departments.map(({ name }) => group(name, people)),
    ...people,
  ];
}

function person(index: number, random: Random, taken: Set<string>): SampleEntry {
  const culture = random.pick(cultures);
  const given = random.pick(culture.given);
  const family = random.pick(culture.family);
  const department = random.pick(departments);
  const login = freeLogin(given, family, culture, index, taken);
  const place = random.pick(culture.towns);
  const attributes: Record<string, string[]> = {
    objectClass: ['top', 'person', 'organizationalPerson', 'inetOrgPerson'],
    entryUUID: [uuidOf(login)],
    modifyTimestamp: [minuteOf2026(index)],
    uid: [login],
    cn: [`${given} ${family}`],
    givenName: [given],
    sn: [family],
    displayName: [culture.country === 'JP' ? `${family} ${given}` : `${given} ${family}`],
    mail: [`${login}@acme.example`],
    o: ['ACME Widgets'],
    title: [random.pick(department.titles)],
    departmentNumber: [department.name],
    employeeNumber: [`A${String(10_000 + index)}`],
    street: [`${random.pick(culture.streets)} ${1 + random.below(180)}`],
    l: [place.name],
    postalCode: [place.postalCode],
    c: [culture.country],
    preferredLanguage: [culture.language],
    telephoneNumber: [digits(culture.work, random)],
    memberOf: [groupDn(department.name)],
  };
  if (place.region !== '') attributes.st = [place.region];
  if (!random.oneIn(3)) attributes.mobile = [digits(culture.mobile, random)];
  if (random.oneIn(12)) attributes.mail = [`${login}@acme.example`, `${login}@widgets.example`];
  if (random.oneIn(50)) attributes.loginDisabled = ['TRUE'];
  return { dn: `uid=${login},${peopleDn}`, attributes };
}

/**
 * Adds what gives the log some warnings: people without an address, two people with the same one, and an invalid one.
 */
function addFaults(people: readonly SampleEntry[]): void {
  for (const index of [77, 311, 640]) delete at(people, index).attributes.mail;
  at(people, 501).attributes.mail = at(people, 500).attributes.mail ?? [];
  at(people, 733).attributes.mail = ['front desk at acme'];
  for (const index of [500, 501, 733]) delete at(people, index).attributes.loginDisabled;
}

/** The largest number of reports that one person has. */
const mostReports = 8;

/** Gives each department a head, and everybody else in it a manager. */
function addManagers(people: readonly SampleEntry[]): void {
  const colleagues = Map.groupBy(people, ({ attributes }) => attributes.departmentNumber?.[0]);
  for (const [head, ...others] of colleagues.values())
    for (const [index, { attributes }] of others.entries()) {
      const nth = Math.floor(index / mostReports);
      attributes.manager = [(nth === 0 ? head : others[nth - 1])?.dn ?? ''];
    }
}

/** A different time for each person. Later runs use it to see that nobody has changed. */
function minuteOf2026(minute: number): string {
  return `${new Date(Date.UTC(2026, 0, 1, 0, minute)).toISOString().slice(0, 19).replaceAll(/[-T:]/g, '')}Z`;
}

function rename(entry: SampleEntry, rdn: string, name: string): void {
  entry.dn = `${rdn},${peopleDn}`;
  entry.attributes.cn = [name];
  entry.attributes.displayName = [name.trim()];
}

function groupDn(department: string): string {
  return `cn=${department},ou=groups,${suffix}`;
}

function group(department: string, people: readonly SampleEntry[]): SampleEntry {
  return {
    dn: groupDn(department),
    attributes: {
      objectClass: ['groupOfNames'],
      cn: [department],
      entryUUID: [uuidOf(`group ${department}`)],
      member: people.filter(({ attributes }) => attributes.memberOf?.[0] === groupDn(department)).map(({ dn }) => dn),
    },
  };
}

function freeLogin(given: string, family: string, { country }: Culture, index: number, taken: Set<string>): string {
  const plain = `${latin(given)}.${latin(family)}`.toLowerCase();
  const wanted = /^[a-z]+\.[a-z]+$/.test(plain) ? plain : `${country.toLowerCase()}${1000 + index}`;
  let login = wanted;
  for (let number = 2; taken.has(login); number++) login = `${wanted}${number}`;
  taken.add(login);
  return login;
}

function latin(name: string): string {
  return name
    .replace(/ß/g, 'ss')
    .replace(/[łŁ]/g, 'l')
    .replace(/[đĐ]/g, 'd')
    .replace(/ı/g, 'i')
    .normalize('NFD')
    .replace(/[\p{M}'’-]/gu, '');
}

function digits(pattern: string, random: Random): string {
  return pattern.replace(/#/g, () => String(random.below(10)));
}

function uuidOf(text: string): string {
  const hex = createHash('sha256').update(`acme.example ${text}`).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

function at(people: readonly SampleEntry[], index: number): SampleEntry {
  const found = people[index % people.length];
  if (found === undefined) throw new Error('a sample directory needs people');
  return found;
}
