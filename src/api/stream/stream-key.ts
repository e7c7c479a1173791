import {
  type FieldNode,
  getArgumentValues,
  getOperationAST,
  getVariableValues,
  Kind,
  type OperationDefinitionNode,
  visit,
} from 'graphql';
import { isSeq } from '../log/read-log.ts';
import type { SubscriptionArgs } from './event-source.ts';

/**
 * Subscriptions with the same key are equal: same document, variables, workspace and permissions. The key of a log
 * leaves out its starting point. `pulled`: each viewer has separate events, which are requested one by one. `alone`:
 * there is no key, so the subscription is executed separately, and the execution refuses its faults.
 */
export type StreamKey =
  | { kind: 'log'; field: string; key: string; after: number }
  | { kind: 'state'; field: string; key: string; replaysLast: boolean }
  | { kind: 'pulled'; field: string }
  | { kind: 'alone' };

export function streamKey(args: SubscriptionArgs): StreamKey {
  const operation = getOperationAST(args.document, args.operationName);
  const field = operation?.selectionSet.selections[0];
  if (!operation || field?.kind !== Kind.FIELD || operation.selectionSet.selections.length > 1)
    return { kind: 'alone' };
  const key = (leftOut: string | null) => keyOf(args, operation, leftOut);
  const name = field.name.value;
  if (name === 'contactsChanged') return { kind: 'pulled', field: name };
  if (name !== 'runLog') return { kind: 'state', field: name, key: key(null), replaysLast: name === 'runProgress' };
  const after = afterOf(args, operation, field);
  if (after === null) return { kind: 'alone' };
  return { kind: 'log', field: name, key: key(variableOfAfter(operation, field)), after };
}

function keyOf(args: SubscriptionArgs, operation: OperationDefinitionNode, leftOut: string | null): string {
  const { viewer } = args.contextValue;
  const variables = Object.entries(args.variableValues ?? {})
    .filter(([name]) => name !== leftOut)
    .sort(([one], [other]) => (one < other ? -1 : 1));
  const body = args.document.loc?.source.body;
  return JSON.stringify([viewer.workspaceId, viewer.permissions, body, operation.name?.value, variables]);
}

/** Null when the arguments can't be read, or the execution will refuse them. */
function afterOf(args: SubscriptionArgs, operation: OperationDefinitionNode, field: FieldNode): number | null {
  const definition = args.schema.getSubscriptionType()?.getFields()[field.name.value];
  const { coerced } = getVariableValues(args.schema, operation.variableDefinitions ?? [], args.variableValues ?? {});
  if (definition === undefined || coerced === undefined) return null;
  const { after } = readArguments(definition, field, coerced);
  if (after === null || after === undefined) return 0;
  return typeof after === 'number' && isSeq(after) ? after : null;
}

function readArguments(...of: Parameters<typeof getArgumentValues>): Record<string, unknown> {
  try {
    return getArgumentValues(...of);
  } catch {
    return { after: 'unreadable' };
  }
}

/** The name of the variable for `after`, when it is used nowhere else. */
function variableOfAfter(operation: OperationDefinitionNode, field: FieldNode): string | null {
  const value = field.arguments?.find((argument) => argument.name.value === 'after')?.value;
  if (value?.kind !== Kind.VARIABLE) return null;
  const name = value.name.value;
  let uses = 0;
  visit(operation.selectionSet, {
    Variable: (variable) => {
      if (variable.name.value === name) uses++;
    },
  });
  return uses === 1 ? name : null;
}
