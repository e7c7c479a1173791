import type { ConnectionRecord } from '../../core/records.ts';
import type { ConnectionTest } from '../../core/source-session.ts';
import type { TestRequest } from '../../core/sources-port.ts';
import type { UserError, UserErrorCode } from '../../core/user-error.ts';
import type { ApiContext } from '../api-context.ts';
import { found } from '../error/not-found.ts';
import { givenSource, memberOf, type SourceInput } from '../source/source.type.ts';
import { givenSecrets, secretsAfter } from './edit-connection.ts';

export type TestOutcome = { result: ConnectionTest | null; userErrors: UserError[] };

/** Tests saved settings, given settings, or saved settings overridden by given ones. Throws AppError NOT_FOUND. */
export async function testConnection(
  connectionId: string | null,
  source: SourceInput | null,
  context: ApiContext,
): Promise<TestOutcome> {
  const saved = connectionId === null ? null : found(await context.loaders.connection(connectionId), 'connection');
  const { request, userErrors } = testRequest(saved, source, context);
  if (request === null || userErrors.length > 0) return { result: null, userErrors };
  return { result: await context.sources.test(request, context.signal), userErrors: [] };
}

function testRequest(
  saved: ConnectionRecord | null,
  source: SourceInput | null,
  { sources, viewer }: ApiContext,
): { request: TestRequest | null; userErrors: UserError[] } {
  const given = source === null ? null : givenSource(source);
  const kind = saved?.kind ?? given?.kind;
  if (kind === undefined) return refused(['source'], 'REQUIRED', 'Give the settings of a source, or a connection.');
  const path = ['source', given?.member ?? memberOf(kind)];
  if (given !== null && given.kind !== kind) {
    return refused(path, 'KIND_CANNOT_CHANGE', `This connection's source is of kind ${kind}.`);
  }
  const settings = sources.settings(kind, saved?.source ?? null, given?.given ?? {});
  const secrets = givenSecrets(sources.kind(kind), given?.given ?? {});
  const after = secretsAfter(saved?.secretNames ?? [], secrets);
  const userErrors = [
    ...(saved === null
      ? []
      : sources.checkDestination(kind, { saved: saved.source, wanted: settings, kept: after.kept }, path)),
    ...sources.checkSource(kind, settings, after, path),
  ];
  return {
    request: { workspaceId: viewer.workspaceId, connection: saved, kind, settings, secrets },
    userErrors,
  };
}

function refused(field: string[], code: UserErrorCode, message: string) {
  return {
    request: null,
    userErrors: [{ field, code, message }],
  };
}
