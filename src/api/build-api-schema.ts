import 'reflect-metadata';
import { GraphQLInputObjectType, type GraphQLSchema, lexicographicSortSchema, printSchema } from 'graphql';
import { buildSchemaSync, type PubSub } from 'type-graphql';
import { guardFields } from './access/check-access.ts';
import { ContactChangeResolver } from './change/contact-change.type.ts';
import { ContactHistoryResolver } from './change/contact-history.resolver.ts';
import { ContactsChangedSubscription } from './change/contacts-changed.subscription.ts';
import { ConnectionResolver } from './connection/connection.resolver.ts';
import { ConnectionEditResolver } from './connection/connection-edit.resolver.ts';
import { PreviewResolver } from './connection/preview.resolver.ts';
import { ProposalResolver } from './connection/proposal.resolver.ts';
import { ScheduleResolver } from './connection/schedule.type.ts';
import { ContactResolver, ContactSourceResolver } from './contact/contact.resolver.ts';
import { ContactEditResolver } from './contact/contact-edit.resolver.ts';
import { LogSubscription } from './log/log.subscription.ts';
import { RunResolver } from './run/run.resolver.ts';
import { RunSubscription } from './run/run.subscription.ts';
import { RunControlResolver } from './run/run-control.resolver.ts';
import { DateTime } from './scalar/date-time.ts';
import { SourceKindInfoResolver } from './source/source-kind.type.ts';
import { ViewerResolver } from './viewer/viewer.resolver.ts';

/** type-graphql requires one, but every subscription here has its own `subscribe`. */
const inert: PubSub = {
  publish: () => undefined,
  subscribe: () => {
    throw new Error('A subscription has no `subscribe` of its own.');
  },
};

/** The schema with its resolvers, which take everything they need from the ApiContext. */
export function buildApiSchema(): GraphQLSchema {
  const schema = buildSchemaSync({
    resolvers: [
      ViewerResolver,
      SourceKindInfoResolver,
      ConnectionResolver,
      ConnectionEditResolver,
      PreviewResolver,
      ProposalResolver,
      ScheduleResolver,
      RunResolver,
      RunControlResolver,
      RunSubscription,
      LogSubscription,
      ContactChangeResolver,
      ContactHistoryResolver,
      ContactsChangedSubscription,
      ContactResolver,
      ContactEditResolver,
      ContactSourceResolver,
    ],
    scalarsMap: [{ type: Date, scalar: DateTime }],
    pubSub: inert,
    validate: false,
  });
  const source = schema.getType('SourceInput');
  if (!(source instanceof GraphQLInputObjectType)) throw new Error('SourceInput is missing from the schema.');
  // type-graphql has no option for @oneOf.
  source.isOneOf = true;
  guardFields(schema);
  return schema;
}

/** The schema as text, as it is committed: sorted, with descriptions. */
export function printApiSchema(): string {
  return `${printSchema(lexicographicSortSchema(buildApiSchema()))}\n`;
}
