/** An LDAP search filter taken apart (RFC 4511, 4.5.1). Values are bytes, unescaped. */
export type LdapFilter =
  | { kind: 'and'; filters: LdapFilter[] }
  | { kind: 'or'; filters: LdapFilter[] }
  | { kind: 'not'; filter: LdapFilter }
  | { kind: 'equal' | 'greater' | 'less' | 'approx'; attribute: string; value: Buffer }
  | { kind: 'present'; attribute: string }
  | { kind: 'substrings'; attribute: string; initial: Buffer | null; any: Buffer[]; final: Buffer | null }
  | { kind: 'extensible'; attribute: string | null; rule: string | null; dnAttributes: boolean; value: Buffer };

export const and = (filters: LdapFilter[]): LdapFilter =>
  filters.length === 1 && filters[0] !== undefined ? filters[0] : { kind: 'and', filters };
export const or = (filters: LdapFilter[]): LdapFilter =>
  filters.length === 1 && filters[0] !== undefined ? filters[0] : { kind: 'or', filters };
export const not = (filter: LdapFilter): LdapFilter => ({ kind: 'not', filter });
export const equal = (attribute: string, value: string): LdapFilter => ({
  kind: 'equal',
  attribute,
  value: Buffer.from(value),
});
export const present = (attribute: string): LdapFilter => ({ kind: 'present', attribute });
