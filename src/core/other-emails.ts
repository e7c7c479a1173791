import type { ContactValues } from './contact.ts';

/** Whether an address is the contact's primary one, case aside: it is not listed again among the others. */
export const isPrimaryEmail = ({ PRIMARY_EMAIL }: ContactValues, address: string): boolean =>
  PRIMARY_EMAIL !== undefined && PRIMARY_EMAIL.toLowerCase() === address.toLowerCase();

/** The values without the primary address among the others; the same object where it is not among them. */
export function primaryEmailOnce(values: ContactValues): ContactValues {
  const others = values.EMAIL?.filter(({ value }) => !isPrimaryEmail(values, value));
  if (others === undefined || others.length === values.EMAIL?.length) return values;
  const { EMAIL: _, ...rest } = values;
  return others.length === 0 ? rest : { ...rest, EMAIL: others };
}
