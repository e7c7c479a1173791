import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import {
  buildSchema,
  extendSchema,
  type GraphQLArgument,
  type GraphQLNamedType,
  type GraphQLSchema,
  isEnumType,
  isInputObjectType,
  isObjectType,
  isSpecifiedScalarType,
  isUnionType,
  parse,
} from 'graphql';
import { buildApiSchema, printApiSchema } from '../src/api/build-api-schema.ts';
import { ContactField } from '../src/core/contact.ts';

const built = buildApiSchema();
const committed = new URL('../schema/schema.graphql', import.meta.url);
const contract =
  process.env.CONTRACT_SCHEMA ?? new URL('../../shared/contract/schema.graphql', import.meta.url).pathname;
/** Later additions to the contract. They extend its schema. */
const additions = join(dirname(contract), 'additions.graphql');

/** Parts of the contract that are not built yet. */
const later = [
  /^(Mutation|Query)\.(apiTokens|createApiToken|revokeApiToken)\b/,
  /^(ApiToken|CreateApiToken(Input|Payload)|RevokeApiTokenPayload)\b/,
  /^(ViewerKind|ActorKind) API_TOKEN$/,
  /^SourceKind (ENTRA_ID|GOOGLE_WORKSPACE|OKTA|SCIM)$/,
];

/** The public types of this service. Types that begin with __ are GraphQL's own. */
const ownTypes = Object.values(built.getTypeMap()).filter(
  (type) => !type.name.startsWith('__') && !isSpecifiedScalarType(type),
);

test('the committed schema is what the code says', () => {
  expect(readFileSync(committed, 'utf8')).toBe(printApiSchema());
});

describe('every part of the schema has a description', () => {
  test.each(ownTypes.map((type) => [type.name, type] as const))('%s', (name, type) => {
    const isRoot = ['Query', 'Mutation', 'Subscription'].includes(name);
    expect(isRoot || type.description).toBeTruthy();
    expect(undescribed(type)).toEqual([]);
  });
});

test('each root field says which permission it needs, but `viewer`', () => {
  const roots = [built.getQueryType(), built.getMutationType(), built.getSubscriptionType()];
  const fields = roots.flatMap((root) => Object.values(root?.getFields() ?? {}));
  const open = fields.filter((field) => field.extensions.needs === undefined).map((field) => field.name);
  expect(open).toEqual(['viewer']);
});

test('every root field but `viewer` is nullable', () => {
  const roots = [built.getQueryType(), built.getMutationType(), built.getSubscriptionType()];
  const fields = roots.flatMap((root) => Object.values(root?.getFields() ?? {}));
  expect(fields.filter((field) => String(field.type).endsWith('!')).map((field) => field.name)).toEqual(['viewer']);
});

describe('what is built agrees with the contract', () => {
  const wanted = existsSync(contract) ? parts(contractSchema()) : parts(built);

  test('no part differs in type, arguments, defaults or nullability', () => {
    const differing = [...parts(built)].filter(([name, shape]) => wanted.has(name) && wanted.get(name) !== shape);
    expect(differing).toEqual([]);
  });

  test('only what is left for later is absent', () => {
    const absent = [...wanted.keys()].filter((name) => !parts(built).has(name));
    expect(absent.filter((name) => !later.some((pattern) => pattern.test(name)))).toEqual([]);
  });
});

test('each field that a mapping can fill is shown by a contact, and people can edit it', () => {
  const names = { EMAIL: 'emails', PHONE: 'phones' } as const;
  const members = Object.values(ContactField).map(
    (field) =>
      names[field as keyof typeof names] ?? field.toLowerCase().replace(/_(.)/g, (_, letter) => letter.toUpperCase()),
  );
  const missing = (typeNames: string[]): string[] => {
    const types = typeNames.map((name) => built.getType(name));
    const fields = types.flatMap((type) =>
      isObjectType(type) || isInputObjectType(type) ? Object.keys(type.getFields()) : [],
    );
    return members.filter((member) => !fields.includes(member));
  };
  expect(missing(['Contact', 'PostalAddress'])).toEqual([]);
  // Only a connection names a manager.
  expect(missing(['ContactInput', 'PostalAddressInput'])).toEqual(['manager']);
});

function contractSchema(): GraphQLSchema {
  const schema = buildSchema(readFileSync(contract, 'utf8'));
  // The validation knows only the base schema, and the additions also extend their own types.
  return extendSchema(schema, parse(readFileSync(additions, 'utf8')), { assumeValid: true });
}

function undescribed(type: GraphQLNamedType): string[] {
  if (isEnumType(type)) {
    return type
      .getValues()
      .filter((value) => !value.description)
      .map((value) => value.name);
  }
  if (isInputObjectType(type)) return nameless(Object.values(type.getFields()));
  if (!isObjectType(type)) return [];
  return Object.values(type.getFields()).flatMap((field) => nameless([field, ...field.args]));
}

function nameless(items: readonly { name: string; description?: string | null }[]): string[] {
  return items.filter((item) => !item.description).map((item) => item.name);
}

/** Each part of a schema by name, with its shape as text. */
function parts(schema: GraphQLSchema): Map<string, string> {
  const found = new Map<string, string>();
  for (const type of Object.values(schema.getTypeMap())) {
    if (type.name.startsWith('__') || isSpecifiedScalarType(type)) continue;
    found.set(type.name, `${type.constructor.name}${isInputObjectType(type) && type.isOneOf ? ' @oneOf' : ''}`);
    if (isEnumType(type)) for (const value of type.getValues()) found.set(`${type.name} ${value.name}`, '');
    if (isUnionType(type)) for (const member of type.getTypes()) found.set(`${type.name} | ${member.name}`, '');
    if (isInputObjectType(type)) {
      for (const field of Object.values(type.getFields())) found.set(`${type.name}.${field.name}`, input(field));
    }
    if (isObjectType(type)) {
      for (const field of Object.values(type.getFields())) {
        found.set(`${type.name}.${field.name}`, String(field.type));
        for (const arg of field.args) found.set(`${type.name}.${field.name}(${arg.name})`, input(arg));
      }
    }
  }
  return found;
}

function input({ type, defaultValue }: Pick<GraphQLArgument, 'type' | 'defaultValue'>): string {
  return `${type} = ${JSON.stringify(defaultValue)}`;
}
