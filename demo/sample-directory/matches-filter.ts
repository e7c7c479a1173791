import type { Filter } from 'ldapjs';
import type { SampleEntry } from './people.ts';

/**
 * Whether an entry meets a search filter (RFC 4511, 4.5.1.7). Texts are compared case-insensitively, as directories do.
 */
export function matchesFilter(filter: Filter, entry: SampleEntry): boolean {
  const parts = filter.clauses ?? filter.filters ?? [];
  switch (filter.type) {
    case 'AndFilter':
      return parts.every((part) => matchesFilter(part, entry));
    case 'OrFilter':
      return parts.some((part) => matchesFilter(part, entry));
    case 'NotFilter':
      return filter.filter !== undefined && !matchesFilter(filter.filter, entry);
    case 'PresenceFilter':
      return values(filter, entry).length > 0;
    case 'EqualityFilter':
    case 'ApproximateFilter':
      return values(filter, entry).some((value) => value === comparable(filter.value));
    case 'GreaterThanEqualsFilter':
      return values(filter, entry).some((value) => value >= comparable(filter.value));
    case 'LessThanEqualsFilter':
      return values(filter, entry).some((value) => value <= comparable(filter.value));
    case 'SubstringFilter':
      return values(filter, entry).some((value) => matchesParts(value, filter));
    default:
      return false;
  }
}

function values(filter: Filter, entry: SampleEntry): string[] {
  const wanted = filter.attribute?.toLowerCase();
  for (const [name, found] of Object.entries(entry.attributes)) {
    if (name.toLowerCase() === wanted) return found.map((value) => value.toLowerCase());
  }
  return [];
}

function matchesParts(value: string, { subInitial, subAny = [], subFinal }: Filter): boolean {
  const beginning = comparable(subInitial);
  if (!value.startsWith(beginning)) return false;
  let from = beginning.length;
  for (const part of subAny.map(comparable)) {
    const at = value.indexOf(part, from);
    if (at === -1) return false;
    from = at + part.length;
  }
  const end = comparable(subFinal);
  return value.length - end.length >= from && value.endsWith(end);
}

/** The value without the escapes (RFC 4515) that ldapjs leaves in a filter's text. */
function comparable(value = ''): string {
  return Buffer.from(
    Buffer.from(value)
      .toString('latin1')
      .replace(/\\([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    'latin1',
  )
    .toString()
    .toLowerCase();
}
