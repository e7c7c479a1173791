import type { FieldMapping } from '../../core/connection.ts';
import type { ContactField } from '../../core/contact.ts';
import { isEmailAddress } from '../../core/email-address.ts';
import type { AttributeValue } from '../../core/entry.ts';
import { quoteValue } from '../../core/outside-text.ts';
import { cutAddressPrefix, isPrimaryProxyAddress } from '../../core/proxy-address.ts';
import type { ConnectionCheck } from '../../core/source-session.ts';

/** The fields whose fill rates are reported, with their names for people. */
const mainFields: readonly { name: string; fields: readonly ContactField[] }[] = [
  { name: 'name', fields: ['DISPLAY_NAME', 'GIVEN_NAME', 'FAMILY_NAME'] },
  { name: 'email', fields: ['PRIMARY_EMAIL'] },
  { name: 'phone', fields: ['PHONE'] },
  { name: 'department', fields: ['DEPARTMENT'] },
  { name: 'manager', fields: ['MANAGER'] },
];
/** Without these fields a contact is of little use. */
const needed = ['name', 'email'];

/** The most people of a survey. Further people are ignored. */
export const mostSurveyed = 5000;
/** How many addresses a check shows. */
const mostAddresses = 5;

type Finding = Omit<ConnectionCheck, 'name'>;

/** Examines sampled people as the usual mapping would use them: which fields they fill, and their emails. */
export class PeopleSurvey {
  /** The attributes whose values `add` takes, in this order. */
  readonly attributes: readonly string[];
  people = 0;
  readonly #main: readonly { name: string; slots: number[]; mapped: boolean }[];
  readonly #emailSlots: readonly number[];
  readonly #filled = new Map<string, number>();
  /** How many people have each address, by the address in lower case. */
  readonly #addresses = new Map<string, number>();
  readonly #malformed: string[] = [];
  #withoutEmail = 0;
  #withBadEmail = 0;

  /** `mappings`: the usual ones. `keyOf`: returns the same text for all spellings of an attribute. */
  constructor(mappings: readonly FieldMapping[], keyOf: (name: string) => string) {
    const attributes: string[] = [];
    const slotOf = (name: string): number => {
      const known = attributes.findIndex((other) => keyOf(other) === keyOf(name));
      return known >= 0 ? known : attributes.push(name) - 1;
    };
    const slotsOf = (fields: readonly ContactField[]): number[] =>
      mappings.filter(({ field }) => fields.includes(field)).flatMap((mapping) => mapping.attributes.map(slotOf));
    this.#main = mainFields.map(({ name, fields }) => {
      const slots = slotsOf(fields);
      return { name, slots, mapped: slots.length > 0 };
    });
    this.#emailSlots = slotsOf(['PRIMARY_EMAIL']);
    this.attributes = attributes;
  }

  /** `values[i]` are those of `attributes[i]`. */
  add(values: readonly AttributeValue[]): void {
    if (this.people >= mostSurveyed) return;
    this.people++;
    for (const { name, slots } of this.#main)
      if (slots.some((slot) => textsOf(values[slot]).length > 0))
        this.#filled.set(name, (this.#filled.get(name) ?? 0) + 1);
    this.#addEmail(values);
  }

  #addEmail(values: readonly AttributeValue[]): void {
    const sent = this.#emailSlots.map((slot) => textsOf(values[slot])).find((texts) => texts.length > 0) ?? [];
    const primary = sent.filter(isPrimaryProxyAddress);
    const addresses = [...primary, ...sent].map((text) => cutAddressPrefix(text)).filter((text) => text !== '');
    const address = addresses.find(isEmailAddress);
    if (address !== undefined) {
      const key = address.toLowerCase();
      this.#addresses.set(key, (this.#addresses.get(key) ?? 0) + 1);
    } else if (addresses.length > 0) {
      this.#withBadEmail++;
      if (this.#malformed.length < mostAddresses) this.#malformed.push(addresses[0] ?? '');
    } else this.#withoutEmail++;
  }

  /** The finding about their emails. */
  emails(): Finding {
    const shared = [...this.#addresses].filter(([, people]) => people > 1).toSorted((a, b) => b[1] - a[1]);
    const parts = [
      ...(shared.length === 0 ? [] : [sharedText(shared)]),
      ...(this.#withBadEmail === 0
        ? []
        : [
            `${this.#withBadEmail} without a well-formed address, such as ${this.#malformed.map(quoteValue).join(', ')}`,
          ]),
      ...(this.#withoutEmail === 0 ? [] : [`${this.#withoutEmail} without any`]),
    ];
    const detail = `Of ${this.people} people looked at: ${parts.length === 0 ? 'each has an address of their own' : parts.join('; ')}.`;
    const advice = [
      ...(shared.length === 0 ? [] : ['People who share an address can not be told apart by it: give each their own.']),
      ...(this.#withBadEmail === 0 ? [] : ['People whose primary email is malformed are skipped: correct it there.']),
    ];
    return { status: advice.length > 0 ? 'WARN' : 'OK', detail, advice: advice.length > 0 ? advice.join(' ') : null };
  }

  /** How many of them fill each main field. */
  fields(): Finding {
    const rates = this.#main.map(({ name, mapped }) => `${name} ${mapped ? (this.#filled.get(name) ?? 0) : 'none'}`);
    const lacking = needed.filter((name) => (this.#filled.get(name) ?? 0) === 0);
    const detail = `Of ${this.people} people looked at, the usual mapping fills: ${rates.join(', ')}.`;
    if (lacking.length === 0) return { status: 'OK', detail, advice: null };
    const advice = `Nobody shows a value for ${lacking.join(' and ')}: map the attributes that hold it, or let the account read them.`;
    return { status: 'WARN', detail, advice };
  }
}

function textsOf(value: AttributeValue): string[] {
  return [value ?? []]
    .flat()
    .filter((text) => text.trim() !== '')
    .map((text) => text.trim());
}

function sharedText(shared: readonly (readonly [string, number])[]): string {
  const shown = shared.slice(0, mostAddresses).map(([address, people]) => `${quoteValue(address)} (${people} people)`);
  const more = shared.length - shown.length;
  return `several share ${shown.join(', ')}${more > 0 ? ` and ${more} more addresses` : ''}`;
}
