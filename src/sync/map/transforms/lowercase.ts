/** LOWERCASE: as Unicode says, whatever the machine's language. */
export const lowercase = (value: string): string => value.toLowerCase();
