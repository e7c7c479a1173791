import type { Slapd } from '../../support/slapd.ts';
import { dn, somebody } from '../small-directory.ts';

/**
 * `away`: the person is in the directory, but does not meet the scope's filter. `member`: the person is in the scope's
 * group; the entry does not say so. A person with an empty `mail` is out of scope too.
 */
export type Person = { uid: string; name: string; mail: string; city: string; away: boolean; member: boolean };

const names = ['Byron', 'King', 'Lovelace'];
const cities = ['Paris', 'Rome', 'Oslo', ''];
/** There are fewer addresses than people, so addresses are claimed twice, handed over and swapped. */
const addresses = Array.from({ length: 12 }, (_, i) => `box${i}@example.org`);

export const group = 'cn=staff,dc=example,dc=org';

/** A person for the test's own use, who is always in scope. The person's city says how far a run has read. */
const beacon = 'beacon';

/**
 * The people of a directory that changes at random. It knows how they must be in the directory, so it is the test's
 * oracle.
 */
export class RandomPeople {
  readonly #people = new Map<string, Person>();
  readonly #slapd: Slapd;
  readonly #roll: (sides: number) => number;
  #born: number;

  /** `born`: the number of the first person. */
  constructor(slapd: Slapd, roll: (sides: number) => number, born: number) {
    this.#slapd = slapd;
    this.#roll = roll;
    this.#born = born;
  }

  get dns(): string[] {
    return [...this.#people.keys()].map(dn);
  }

  get inScope(): Person[] {
    return [...this.#people.values()].filter(({ away, mail, member }) => !away && mail !== '' && member);
  }

  /** Adds the beacon to the directory. */
  async begin(): Promise<void> {
    const ldif: string[] = [];
    const person = { uid: beacon, name: 'Beacon', mail: 'beacon@example.org', city: '0', away: false, member: true };
    this.#add(person, ldif);
    await this.#slapd.change(ldif.join('') + this.#members());
  }

  /** Gives the beacon another city. */
  async light(): Promise<string> {
    const person = this.#people.get(beacon);
    if (person === undefined) throw new Error('There is no beacon.');
    person.city = String(Number(person.city) + 1);
    await this.#slapd.modify(dn(beacon), { l: person.city });
    return person.city;
  }

  /** Some changes: people join, leave, swap addresses, move in and out of the scope and of its group. */
  async change(): Promise<void> {
    const roll = this.#roll;
    const ldif: string[] = [];
    const others = [...this.#people.values()].filter(({ uid }) => uid !== beacon);
    for (let i = 1 + roll(6); i > 0; i--) {
      const [one, other] = [others[roll(others.length)], others[roll(others.length)]];
      const what = roll(11);
      if (one === undefined || other === undefined || what < 2) others.push(this.#join(ldif));
      else if (what === 2) {
        others.splice(others.indexOf(one), 1);
        this.#leave(one, ldif);
      } else if (what === 3) put(one, { mail: this.#address() }, ldif);
      else if (what === 4) put(one, { city: cities[roll(4)] ?? '', name: this.#name() }, ldif);
      else if (what === 5) put(one, { mail: one.mail === '' ? this.#address() : '' }, ldif);
      else if (what < 8) one.member = !one.member;
      else if (what < 10) put(one, one.away ? { away: false, mail: this.#address() } : { away: true }, ldif);
      else {
        const mail = one.mail;
        put(one, { mail: other.mail }, ldif);
        put(other, { mail }, ldif);
      }
    }
    await this.#slapd.change(ldif.join('') + this.#members());
  }

  /** Takes everybody out of the directory. */
  async clear(): Promise<void> {
    if (this.#people.size === 0) return;
    await this.#slapd.change(this.dns.map((one) => `dn: ${one}\nchangetype: delete\n\n`).join(''));
    this.#people.clear();
  }

  #name(): string {
    return names[this.#roll(names.length)] ?? '';
  }

  #address(): string {
    return addresses[this.#roll(addresses.length)] ?? '';
  }

  #join(ldif: string[]): Person {
    const person = {
      uid: `p${this.#born++}`,
      name: this.#name(),
      mail: this.#address(),
      city: cities[this.#roll(4)] ?? '',
      away: false,
      member: this.#roll(5) > 0,
    };
    this.#add(person, ldif);
    return person;
  }

  #add(person: Person, ldif: string[]): void {
    this.#people.set(person.uid, person);
    const attributes = Object.entries(somebody(person.uid).attributes).map(([name, value]) =>
      name === 'mail' ? `mail: ${person.mail}` : `${name}: ${String(value)}`,
    );
    ldif.push(`dn: ${dn(person.uid)}\nchangetype: add\n${attributes.join('\n')}\n\n`);
    put(person, {}, ldif);
  }

  #leave({ uid }: Person, ldif: string[]): void {
    this.#people.delete(uid);
    ldif.push(`dn: ${dn(uid)}\nchangetype: delete\n\n`);
  }

  #members(): string {
    const members = [...this.#people.values()].filter(({ member }) => member).map(({ uid }) => `member: ${dn(uid)}\n`);
    const nobody = 'member: cn=reader,dc=example,dc=org\n';
    return `dn: ${group}\nchangetype: modify\nreplace: member\n${nobody}${members.join('')}\n`;
  }
}

function put(person: Person, values: Partial<Person>, ldif: string[]): void {
  Object.assign(person, values);
  const { uid, name, mail, city, away } = person;
  ldif.push(
    `dn: ${dn(uid)}\nchangetype: modify\nreplace: mail\n${mail === '' ? '' : `mail: ${mail}\n`}-\nreplace: sn\nsn: ${name}\n-\n` +
      `replace: l\n${city === '' ? '' : `l: ${city}\n`}-\nreplace: employeeType\n${away ? 'employeeType: away\n' : ''}-\n\n`,
  );
}
