/**
 * Names by which servers know the same attribute (RFC 4519, RFC 4524, RFC 2798): asked for one, they may answer with
 * the other.
 */
const aliases: readonly (readonly string[])[] = [
  ['cn', 'commonname'],
  ['sn', 'surname'],
  ['givenname', 'gn'],
  ['mail', 'rfc822mailbox'],
  ['uid', 'userid'],
  ['l', 'localityname'],
  ['st', 'stateorprovincename'],
  ['street', 'streetaddress'],
  ['o', 'organizationname'],
  ['ou', 'organizationalunitname'],
  ['c', 'countryname'],
  ['co', 'friendlycountryname'],
  ['dc', 'domaincomponent'],
  ['mobile', 'mobiletelephonenumber'],
  ['pager', 'pagertelephonenumber'],
  ['homephone', 'hometelephonenumber'],
  ['facsimiletelephonenumber', 'fax'],
];

const aliasOf = new Map(aliases.flatMap(([a = '', b = '']) => [[a, b] as const, [b, a] as const]));

/** The other name of an attribute, or undefined; both in lower case. */
export const otherName = (name: string): string | undefined => aliasOf.get(name);

/** An attribute description in one way of writing: lower case, options sorted (`cn;Lang-EN` is `cn;lang-en`). */
export function normalName(description: string): string {
  const lower = description.trim().toLowerCase();
  if (!lower.includes(';')) return lower;
  const [name = '', ...options] = lower.split(';');
  return [name, ...options.sort()].join(';');
}

/** `member;range=0-1499` taken apart; `next` is null on the last part (`*`). Null for a name without a range. */
export function rangeOf(description: string): { name: string; next: number | null } | null {
  const match = /;range=\d+-(\d+|\*)(?=;|$)/i.exec(description);
  if (match === null) return null;
  return { name: description.replace(match[0], ''), next: match[1] === '*' ? null : Number(match[1]) + 1 };
}
