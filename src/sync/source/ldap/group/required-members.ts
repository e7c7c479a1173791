import type { Reached } from '../reach.ts';
import { definitionOf, readSchema } from '../read-schema.ts';
import type { Group } from './take-group.ts';

/** The classes of groups that RFC 4519 requires to have a member, and the attribute. Some servers have them changed. */
const required = [
  { name: 'groupOfNames', attribute: 'member' },
  { name: 'groupOfUniqueNames', attribute: 'uniqueMember' },
] as const;

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

  /**
   * The classes that require a member, in lower case. If the account can't read the schema of an OpenLDAP, the standard
   * one is assumed.
   */
  async #read(): Promise<ReadonlySet<string>> {
    const definitions = await readSchema(this.#reached, 'objectClasses');
    const isUnknown = definitions.length === 0 && this.#reached.server.flavour === 'OPENLDAP';
    const strict = required.filter(({ name, attribute }) => {
      if (isUnknown) return true;
      const must = /\bMUST (?:\(([^)]*)\)|(\S+))/i.exec(definitionOf(definitions, name) ?? '');
      const attributes = (must?.[1] ?? must?.[2] ?? '').split('$').map((one) => one.trim().toLowerCase());
      return attributes.includes(attribute.toLowerCase());
    });
    return new Set(strict.map(({ name }) => name.toLowerCase()));
  }
}
