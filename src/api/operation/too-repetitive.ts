import { type DocumentNode, type FieldNode, Kind, type SelectionSetNode } from 'graphql';

/** Pairs of fields that GraphQL's rule about fields of the same name may come to look at. */
const MOST_PAIRS = 10_000;

/** Where fields stand: their number by response name, and the places below them. */
type Place = { fields: Map<string, { number: number; below: Place }> };

/**
 * Whether a document repeats response names so often that comparing them all would take long. GraphQL compares each two
 * fields of one name that may come to stand in one place; plain ones, without arguments and selections, in no time. What
 * stands in a fragment may come to stand anywhere, so where there are fragments, fields below parents of one name count as
 * standing in one place, and those at the top of a fragment as standing beside every field of their name.
 */
export function tooRepetitive(document: DocumentNode): boolean {
  const fragments = document.definitions.filter((definition) => definition.kind === Kind.FRAGMENT_DEFINITION);
  const operations = document.definitions.filter((definition) => definition.kind === Kind.OPERATION_DEFINITION);
  const count: Count = { pairs: 0, byName: new Map(), places: fragments.length > 0 ? new Map() : null };
  const top: Place = { fields: new Map() };
  for (const { selectionSet } of operations) look(count, selectionSet, top);
  const topmost: Place = { fields: new Map() };
  for (const { selectionSet } of fragments) look(count, selectionSet, topmost);
  for (const [name, { number }] of topmost.fields) count.pairs += number * ((count.byName.get(name) ?? 0) - number);
  return count.pairs > MOST_PAIRS;
}

type Count = {
  pairs: number;
  byName: Map<string, number>;
  /** By the parents' name; null: every place is one of its own. */
  places: Map<string, Place> | null;
};

/** Inline fragments are part of the set that they stand in. */
function look(count: Count, set: SelectionSetNode, place: Place): void {
  for (const selection of set.selections) {
    if (selection.kind === Kind.INLINE_FRAGMENT) look(count, selection.selectionSet, place);
    if (selection.kind !== Kind.FIELD || (!selection.selectionSet && !selection.arguments?.length)) continue;
    const name = responseName(selection);
    const field = place.fields.get(name) ?? { number: 0, below: placeBelow(count, name) };
    place.fields.set(name, field);
    count.pairs += field.number++;
    count.byName.set(name, (count.byName.get(name) ?? 0) + 1);
    if (selection.selectionSet) look(count, selection.selectionSet, field.below);
  }
}

function placeBelow({ places }: Count, name: string): Place {
  const place = places?.get(name) ?? { fields: new Map() };
  places?.set(name, place);
  return place;
}

function responseName({ alias, name }: FieldNode): string {
  return (alias ?? name).value;
}
