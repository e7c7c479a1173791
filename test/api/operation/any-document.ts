import fc from 'fast-check';
import { type GraphQLSchema, getNamedType, isCompositeType, isObjectType } from 'graphql';

/**
 * Makes documents; most of them fit the schema. They are short or long, with fragments that spread each other
 * (sometimes in a ring), repeated fields, aliases, pages within pages and introspection.
 */
export function anyDocument(schema: GraphQLSchema): fc.Arbitrary<string> {
  return fc
    .record({
      /** Random choices for what is written next. */
      choices: fc.array(fc.nat(1_000_000), { minLength: 5, maxLength: 300 }),
      fragments: fc.integer({ min: 0, max: 60 }),
      selections: fc.integer({ min: 1, max: 900 }),
      ring: fc.boolean(),
    })
    .map(({ choices, fragments, selections, ring }) => {
      let at = 0;
      const choose = (below: number): number => ((choices[at++ % choices.length] ?? 0) + at) % Math.max(1, below);
      const types = ['Query', 'Connection', 'ConnectionPage', 'Run', 'RunPage', 'Contact', 'ContactPage', '__Type'];
      const typeOf = (fragment: number) => types[fragment % types.length] ?? 'Query';
      let left = selections;

      const set = (type: string, depth: number, later: number): string => {
        const fields = fieldsOf(schema, type).filter(({ isComposite }) => depth < 12 || !isComposite);
        const written: string[] = [];
        for (let number = 1 + choose(4); number > 0; number--) {
          left--;
          const spread = firstFragment(typeOf, type, ring && choose(20) === 0 ? 0 : later, fragments);
          if (spread !== null && choose(3) > 0) written.push(`...f${spread} ...f${spread}`);
          const field = fields[choose(fields.length)];
          if (field === undefined) continue;
          const alias = choose(3) === 0 ? `a${choose(5)}: ` : '';
          const below = field.isComposite && left > 0 ? ` { ${set(field.type, depth + 1, later)} }` : '';
          if (field.isComposite && below === '') continue;
          written.push(`${alias}${field.name}${field.args(choose(200) + 1)}${below}`);
        }
        return written.length === 0 ? '__typename' : written.join(' ');
      };

      const parts = [`{ ${set('Query', 1, 0)} }`];
      for (let fragment = 0; fragment < fragments; fragment++)
        parts.push(`fragment f${fragment} on ${typeOf(fragment)} { ${set(typeOf(fragment), 1, fragment + 1)} }`);
      return parts.join('\n');
    });
}

/** The next fragment for a type. */
function firstFragment(typeOf: (fragment: number) => string, type: string, from: number, end: number): number | null {
  for (let fragment = from; fragment < end; fragment++) if (typeOf(fragment) === type) return fragment;
  return null;
}

function fieldsOf(schema: GraphQLSchema, type: string) {
  const object = schema.getType(type);
  if (!isObjectType(object)) return [];
  return Object.values(object.getFields()).map((field) => {
    const named = getNamedType(field.type);
    const needed = field.args.filter(({ type: of }) => String(of).endsWith('!')).map(({ name }) => `${name}: "x"`);
    const isPage = field.args.some(({ name }) => name === 'first');
    return {
      name: field.name,
      type: named.name,
      isComposite: isCompositeType(named),
      args: (first: number) => {
        const all = isPage ? [...needed, `first: ${first}`] : needed;
        return all.length === 0 ? '' : `(${all.join(', ')})`;
      },
    };
  });
}
