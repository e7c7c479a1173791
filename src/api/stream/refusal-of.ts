import { GraphQLError } from 'graphql';
import { Permission } from '../../core/access.ts';
import { requireForStream } from '../access/check-access.ts';
import type { SubscriptionArgs } from './event-source.ts';

/** What keeps a viewer from a subscription: its permissions, or Contact Sync being off now. Null: nothing. */
export async function refusalOf(
  { schema, contextValue }: SubscriptionArgs,
  field: string,
): Promise<GraphQLError | null> {
  const needs = schema.getSubscriptionType()?.getFields()[field]?.extensions.needs;
  const needed = Object.values(Permission).filter((permission) => Array.isArray(needs) && needs.includes(permission));
  try {
    await requireForStream(contextValue, needed);
    return null;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return new GraphQLError(error.message, { path: [field], originalError: error });
  }
}
