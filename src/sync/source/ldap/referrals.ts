import type { SourceNote } from '../../../core/entry.ts';
import { listed } from '../../../core/outside-text.ts';
import { betweenParts, canonicalDn } from './dn.ts';
import { isActiveDirectory, type Reached } from './reach.ts';

/** Most search references that are kept, to find new ones in the next read. */
export const maxReferrals = 1000;

/** What the search references of a read mean. */
export type Elsewhere = {
  /** The places that were not read and may hold people, sorted. */
  referrals: string[];
  /** Why not all of them are known, or null. */
  doubt: string | null;
  notes: SourceNote[];
};

/** Gathers the search references of a read. They are not followed. */
export class ReferralsMet {
  readonly #met = new Set<string>();

  add(urls: readonly string[]): void {
    for (const url of urls) if (this.#met.size <= maxReferrals) this.#met.add(normalReferral(url));
  }

  /** Tells the places that may hold people from the parts of Active Directory that never do. */
  settle(reached: Reached): Elsewhere {
    const met = [...this.#met].sort().slice(0, maxReferrals);
    const own = isActiveDirectory(reached) ? met.filter(isWithoutPeople) : [];
    const referrals = met.filter((url) => !own.includes(url));
    const notes: SourceNote[] = [];
    if (referrals.length > 0) {
      const advice = isActiveDirectory(reached) ? otherDomains : '';
      notes.push(
        note('WARN', `Parts of the scope lie on other servers and were not read: ${listed(referrals)}${advice}`),
      );
    }
    if (own.length > 0)
      notes.push(note('DEBUG', `Parts of the domain that hold settings and DNS zones were not read: ${listed(own)}`));
    const tooMany = this.#met.size > maxReferrals;
    return {
      referrals,
      doubt: tooMany ? `The server refers to more than ${maxReferrals} other places.` : null,
      notes,
    };
  }
}

const otherDomains =
  '. Give other domains connections of their own. A global catalog (port 3268, with TLS 3269) has the people of all domains too, but not all of their attributes.';

function note(level: SourceNote['level'], message: string): SourceNote {
  return { level, code: 'REFERRAL', message };
}

/**
 * The partitions that every domain of Active Directory has beside its own, by their fixed names: configuration and schema of the
 * forest (MS-ADTS 6.1.1.1.2, 6.1.1.1.3), and the DNS zones of domain and forest. A search of the domain's root gets references to
 * them.
 */
const partitionsWithoutPeople = [
  'CN=Configuration',
  'CN=Schema,CN=Configuration',
  'DC=DomainDnsZones',
  'DC=ForestDnsZones',
].map((dn) => canonicalDn(dn) + betweenParts);

function isWithoutPeople(url: string): boolean {
  const text = /^ldaps?:\/\/[^/]*\/([^?]*)/i.exec(url)?.[1];
  const dn = canonicalDn(unescaped(text ?? ''));
  const partition = partitionsWithoutPeople.find((start) => dn.startsWith(start));
  if (partition === undefined) return false;
  const domain = dn.slice(partition.length).split(betweenParts);
  return domain.every((part) => part.startsWith('dc='));
}

/** The DN of an LDAP URL is percent-encoded (RFC 4516, 2.1). Empty when it can't be decoded. */
function unescaped(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return '';
  }
}

/** The same text for equal references: scheme and host in lower case, no default port, no `??sub` at the end. */
function normalReferral(url: string): string {
  const match = /^(ldaps?):\/\/([^/?]*)(.*)$/i.exec(url.trim());
  if (match === null) return url.trim();
  const [, scheme = '', host = '', rest = ''] = match;
  const port = scheme.toLowerCase() === 'ldap' ? /:389$/ : /:636$/;
  return `${scheme.toLowerCase()}://${host.toLowerCase().replace(port, '')}${rest.replace(/\?.*$/, '')}`;
}
