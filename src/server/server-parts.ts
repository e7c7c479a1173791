import type { GraphQLSchema } from 'graphql';
import type { Logger } from 'pino';
import type { SignIn } from '../access/sign-in.ts';
import type { ApiServices } from '../api/api-context.ts';
import type { FaultLog } from '../api/error/format-error.ts';
import type { OperationPreparer } from '../api/operation/prepare-operation.ts';
import type { LiveStreams } from '../api/stream/live-streams.ts';
import type { Traffic } from '../api/traffic/traffic.ts';

/** What the routes share. */
export type ServerParts = {
  schema: GraphQLSchema;
  services: ApiServices;
  signIn: SignIn;
  operations: OperationPreparer;
  streams: LiveStreams;
  traffic: Traffic;
  /** Why the service is not ready; null: it is. */
  notReady(): Promise<string | null>;
  logger: Logger;
  faultLog: FaultLog;
};
