import { type DocumentNode, type FieldNode, Kind, type SelectionSetNode } from 'graphql';

/** The most pairs of fields that GraphQL's rule about equal response names may have to compare. */
const MOST_PAIRS = 10_000;

/** A place in the answer: for each response name, how many fields write there, and the place below them. */
type Place = { fields: Map<string, { number: number; below: Place }> };

/**
 * Whether a document repeats response names so often that comparing them would take long. GraphQL compares every two
 * fields of one name that may meet in one place. A plain field, without arguments and selections, costs nothing. A
 * fragment's fields may end up anywhere. So when there are fragments, all fields below parents of one name count as one
 * place, and the top fields of a fragment count as meeting every field of their name.
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
  /** By the parents' name. Null when there are no fragments: then each place counts separately. */
  places: Map<string, Place> | null;
};

/** Fields of an inline fragment count as fields of the set around it. */
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
