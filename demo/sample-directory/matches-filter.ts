import type { Filter } from 'ldapjs';
import type { SampleEntry } from './people.ts';

/** Whether an entry meets a search filter (RFC 4511, 4.5.1.7); texts are compared without case, as directories do. */
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
      return values(filter, entry).some((value) => value === (filter.value ?? '').toLowerCase());
    case 'GreaterThanEqualsFilter':
      return values(filter, entry).some((value) => value >= (filter.value ?? '').toLowerCase());
    case 'LessThanEqualsFilter':
      return values(filter, entry).some((value) => value <= (filter.value ?? '').toLowerCase());
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

function matchesParts(value: string, { subInitial = '', subAny = [], subFinal = '' }: Filter): boolean {
  if (!value.startsWith(subInitial.toLowerCase())) return false;
  let from = subInitial.length;
  for (const part of subAny) {
    const at = value.indexOf(part.toLowerCase(), from);
    if (at === -1) return false;
    from = at + part.length;
  }
  return value.length - subFinal.length >= from && value.endsWith(subFinal.toLowerCase());
}
