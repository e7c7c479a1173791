/** What people read of an address that a person can't have. */

/** `whose`: see below. */
export const taken = (address: string, person: string, whose: string): string =>
  `The address ${address} of ${person} belongs to ${whose}.`;

/** A contact whose person comes from elsewhere, or from nowhere. */
export const aContact = (name: string, id: string): string => `contact ${name} (${id})`;

/** A contact of the same connection. */
export const contactOf = (name: string, person: string): string => `contact ${name}, who is ${person}`;

export const claimedBySeveral = (address: string, person: string, rival: string): string =>
  `The address ${address} is claimed by several people: ${person} and ${rival}. Give each an address of their own.`;
