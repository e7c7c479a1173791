import { type FieldNode, type GraphQLResolveInfo, Kind, type SelectionSetNode } from 'graphql';

type Asked = Pick<GraphQLResolveInfo, 'fieldNodes' | 'fragments'>;

/**
 * The names of the fields that a document may request of a field's value, or of the value at `path` below it. Fields
 * under @skip and @include count, and so do those of every type.
 */
export function askedFields({ fieldNodes, fragments }: Asked, path: readonly string[] = []): ReadonlySet<string> {
  let nodes = fieldNodes;
  for (const name of path) nodes = fieldsBelow(nodes, fragments).filter((node) => node.name.value === name);
  return new Set(fieldsBelow(nodes, fragments).map((node) => node.name.value));
}

/** Visits each fragment once, even if it is spread many times. */
function fieldsBelow(nodes: readonly FieldNode[], fragments: Asked['fragments']): FieldNode[] {
  const fields: FieldNode[] = [];
  const seen = new Set<string>();
  const look = (set: SelectionSetNode | undefined): void => {
    for (const selection of set?.selections ?? []) {
      if (selection.kind === Kind.FIELD) fields.push(selection);
      else if (selection.kind === Kind.INLINE_FRAGMENT) look(selection.selectionSet);
      else if (!seen.has(selection.name.value)) {
        seen.add(selection.name.value);
        look(fragments[selection.name.value]?.selectionSet);
      }
    }
  };
  for (const { selectionSet } of nodes) look(selectionSet);
  return fields;
}
