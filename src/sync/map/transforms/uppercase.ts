/** UPPERCASE: as Unicode says, whatever the machine's language; ß becomes SS. */
export const uppercase = (value: string): string => value.toUpperCase();
