/** An entry to load. Each attribute has one or several values, as text or bytes. */
export type LdifEntry = { dn: string; attributes: Record<string, LdifValue | LdifValue[]> };
export type LdifValue = string | Buffer;

const safe = /^(?![ :<])[\x20-\x7e]*(?<! )$/;

/** One `name: value` line of LDIF (RFC 2849). The value is in base64 if plain text would not preserve it. */
export function ldifLine(name: string, value: LdifValue): string {
  if (typeof value === 'string' && safe.test(value)) return `${name}: ${value}\n`;
  return `${name}:: ${Buffer.from(value).toString('base64')}\n`;
}

/** An entry as LDIF, ended by an empty line. */
export function toLdif(entry: LdifEntry): string {
  const lines = [ldifLine('dn', entry.dn)];
  for (const [name, values] of Object.entries(entry.attributes)) {
    for (const value of Array.isArray(values) ? values : [values]) lines.push(ldifLine(name, value));
  }
  return `${lines.join('')}\n`;
}
