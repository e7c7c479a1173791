/*
 * All sentences for people about planned rows.
 */

/** Said about somebody who is gone. The source can be a directory or a file. */
const gone = 'gone from the source';

export const inactiveAlready = `${gone}; the contact is inactive already`;

export function stillFedBy(connections: readonly string[]): string {
  return `${gone}; still fed by ${connections.join(', ')}`;
}

export const keptByPerson = 'gone from the source; somebody has decided that the contact stays';
export const keptByPolicy = `${gone}; the removal policy keeps the contact`;

export function staysUntil(due: Date): string {
  const [day, time] = due.toISOString().split('T') as [string, string];
  return `${gone}; stays until ${day} ${time.slice(0, 5)} UTC`;
}

export const simplyGone = gone;
export const takenOver = `${gone}; the contact goes to another person with its address`;

/** Why a person can't have an address. `whose` comes from `aContact` or `contactOf`. */
export function taken(address: string, person: string, whose: string): string {
  return `The address ${address} of ${person} belongs to ${whose}.`;
}

/** A contact that this connection does not link. */
export function aContact(name: string, id: string): string {
  return `contact ${name} (${id})`;
}

/** A contact that this connection links, with its person. */
export function contactOf(name: string, person: string): string {
  return `contact ${name}, who is ${person}`;
}

export function claimedBySeveral(address: string, person: string, rival: string): string {
  return `The address ${address} is claimed by several people: ${person} and ${rival}. Give each an address of their own.`;
}

/** Two people of one read are found to be one contact. */
export function goesTo(name: string, contactId: string, person: string, winner: string): string {
  return `The ${aContact(name, contactId)} of ${person} goes to ${winner}, who was found to be the same contact.`;
}
