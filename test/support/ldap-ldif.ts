/** An entry to load: values are texts or bytes, one or several of each. */
export type LdifEntry = { dn: string; attributes: Record<string, LdifValue | LdifValue[]> };
export type LdifValue = string | Buffer;

const safe = /^(?![ :<])[\x20-\x7e]*(?<! )$/;

/** One `name: value` line of LDIF (RFC 2849), in base64 wherever plain text would not come back the same. */
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
