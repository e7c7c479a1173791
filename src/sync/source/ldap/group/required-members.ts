import { encodeFilter, present } from '../filter/filter.ts';
import type { Reached } from '../reach.ts';
import { readEntries, textsOf } from '../read-entries.ts';
import type { Group } from './take-group.ts';

/** The classes of groups that RFC 4519 requires to have a member, and the attribute. Some servers have them changed. */
const required = [
  { name: 'groupOfNames', attribute: 'member' },
  { name: 'groupOfUniqueNames', attribute: 'uniqueMember' },
] as const;

/** Longer definitions are cut. Real ones have a few hundred characters. */
const longestDefinition = 10_000;

/** Tells groups that are empty from groups whose members the account may not see. */
export class RequiredMembers {
  readonly #reached: Reached;
  #classes: Promise<ReadonlySet<string>> | null = null;

  constructor(reached: Reached) {
    this.#reached = reached;
  }

  /** Whether the server's schema requires the group to have a member. The schema is read when the first group asks. */
  async has({ classes }: Group): Promise<boolean> {
    if (!required.some(({ name }) => classes.includes(name.toLowerCase()))) return false;
    this.#classes ??= this.#read();
    const strict = await this.#classes;
    return classes.some((name) => strict.has(name));
  }

  /** The required classes in lower case. Where the account can't read the schema, OpenLDAP counts as having the standard one. */
  async #read(): Promise<ReadonlySet<string>> {
    const [place] = await this.#values('', 'subschemaSubentry');
    const definitions = place === undefined ? [] : await this.#values(place, 'objectClasses');
    const isUnknown = definitions.length === 0 && this.#reached.server.flavour === 'OPENLDAP';
    const strict = required.filter(({ name, attribute }) => {
      if (isUnknown) return true;
      const named = new RegExp(`NAME (?:'|\\([^)]*')${name}'`, 'i');
      const definition = definitions.find((text) => named.test(text)) ?? '';
      const must = /\bMUST (?:\(([^)]*)\)|(\S+))/i.exec(definition);
      const attributes = (must?.[1] ?? must?.[2] ?? '').split('$').map((one) => one.trim().toLowerCase());
      return attributes.includes(attribute.toLowerCase());
    });
    return new Set(strict.map(({ name }) => name.toLowerCase()));
  }

  async #values(baseDn: string, attribute: string): Promise<string[]> {
    const filter = encodeFilter(present('objectClass'));
    const search = { baseDn, scope: 'base', filter, attributes: [attribute] } as const;
    const { entries } = await readEntries(this.#reached.connection, search);
    return entries[0] === undefined
      ? []
      : textsOf(entries[0], attribute).map((text) => text.slice(0, longestDefinition));
  }
}
