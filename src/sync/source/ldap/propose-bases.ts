import { listed } from '../../../core/outside-text.ts';
import { betweenParts, canonicalDn, parentDn } from './dn.ts';

/** A base replaces the places above it when it holds this share of their people. */
const nearlyAll = 0.98;
/** The most bases that may replace one. */
const mostParts = 5;

/** A place of the tree, with the people below it and those directly in it. */
type Place = { dn: string; people: number; below: Map<string, Place> };

export type ProposedBases = { baseDns: string[]; reasons: string[] };

/**
 * The narrowest bases that hold nearly all of the people with these DNs, below one naming context. The search follows a
 * chain of places down. The top may be split into a few bases. A place further down is not split, because new places
 * can appear there.
 */
export function narrowestBases(context: string, dns: readonly string[]): ProposedBases {
  const root = placesOf(context, dns);
  const top = narrowed(root);
  const parts = top === root ? (partsOf(root)?.map(narrowed) ?? [root]) : [top];
  const held = parts.reduce((sum, { people }) => sum + people, 0);
  const reasons = parts.map(
    ({ dn, people }) => `The base "${dn}" holds ${people} of the ${dns.length} people below "${context}".`,
  );
  if (held < dns.length) {
    const outside = [...root.below.values()].filter((place) => !parts.includes(place)).map(({ dn }) => dn);
    reasons.push(
      `Left out are ${dns.length - held} people elsewhere${outside.length > 0 ? `, for example below ${listed(outside.slice(0, 3))}` : ''}: add a base DN if they belong to it.`,
    );
  }
  return { baseDns: parts.map(({ dn }) => dn), reasons };
}

function placesOf(context: string, dns: readonly string[]): Place {
  const top = canonicalDn(context);
  const root: Place = { dn: context, people: dns.length, below: new Map() };
  for (const dn of dns) {
    let place = root;
    for (const above of ancestors(dn, top)) {
      const key = canonicalDn(above);
      const next = place.below.get(key) ?? { dn: above, people: 0, below: new Map() };
      place.below.set(key, next);
      next.people++;
      place = next;
    }
  }
  return root;
}

/** The places between the context and an entry, the highest first. */
function ancestors(dn: string, context: string): string[] {
  const places: string[] = [];
  const depth = context.split(betweenParts).length;
  let above = parentDn(dn);
  while (above !== null && canonicalDn(above) !== context && canonicalDn(above).split(betweenParts).length > depth) {
    places.unshift(above);
    above = parentDn(above);
  }
  return places;
}

function narrowed(place: Place): Place {
  for (const below of place.below.values()) if (below.people >= nearlyAll * place.people) return narrowed(below);
  return place;
}

/** The few places directly below that together hold nearly all people. Null: there are none. */
function partsOf(place: Place): Place[] | null {
  const largest = [...place.below.values()].toSorted((a, b) => b.people - a.people);
  const parts: Place[] = [];
  let held = 0;
  for (const part of largest) {
    if (held >= nearlyAll * place.people) break;
    parts.push(part);
    held += part.people;
  }
  return parts.length > 0 && parts.length <= mostParts && held >= nearlyAll * place.people ? parts : null;
}
