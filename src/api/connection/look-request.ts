import type { ConnectionEdit, ConnectionRecord } from '../../core/records.ts';
import type { LookRequest } from '../../core/sources-port.ts';
import type { UserError } from '../../core/user-error.ts';
import type { ApiContext } from '../api-context.ts';
import { found } from '../error/not-found.ts';
import { givenSource, memberOf, type SourceInput } from '../source/source.type.ts';
import { checkStorable } from './check-edit.ts';
import { editConnection, givenSecrets, newConnection, secretsAfter } from './edit-connection.ts';
import type { FieldMappingInput } from './field-mapping.type.ts';
import type { ScopeInput } from './scope.type.ts';

/** Settings to try before they are saved. A member that is left out or null is as saved, or has its default. */
export type GivenSettings = {
  source?: SourceInput | null;
  scope?: ScopeInput | null;
  mappings?: FieldMappingInput[] | null;
};

/**
 * The connection that results from given settings, on top of a saved connection or of the defaults. The same checks
 * apply as for saving. The source is not contacted. Throws AppError NOT_FOUND.
 */
export async function lookRequest(
  connectionId: string | null,
  given: GivenSettings,
  context: ApiContext,
): Promise<{ request: LookRequest; userErrors: [] } | { request: null; userErrors: UserError[] }> {
  const saved = connectionId === null ? null : found(await context.loaders.connection(connectionId), 'connection');
  const { sources, viewer } = context;
  const source = given.source ? givenSource(given.source) : null;
  const kind = saved?.kind ?? source?.kind;
  if (kind === undefined) return refused('REQUIRED', ['source'], 'Give the settings of a source, or a connection.');
  const path = ['source', source?.member ?? memberOf(kind)];
  if (source !== null && source.kind !== kind)
    return refused('KIND_CANNOT_CHANGE', path, `This connection's source is of kind ${kind}.`);
  const edit = edited(saved, given, context);
  const secrets = givenSecrets(sources.kind(kind), source?.given ?? {});
  const after = secretsAfter(saved?.secretNames ?? [], secrets);
  const paths = { source: path, scope: ['scope'], mappings: ['mappings'], removal: [] };
  const userErrors = [
    ...checkStorable(given.source ?? null, ['source']),
    ...checkStorable(given.scope ?? null, ['scope']),
    ...checkStorable(given.mappings ?? null, ['mappings']),
    ...(saved === null
      ? []
      : sources.checkDestination(kind, { saved: saved.source, wanted: edit.source, kept: after.kept }, path)),
    // A secret may be missing, as in a Draft.
    ...sources.checkConnection({ ...edit, status: 'DRAFT' }, after, paths),
  ];
  if (userErrors.length > 0) return { request: null, userErrors };
  return { request: { workspaceId: viewer.workspaceId, connection: saved, settings: edit, secrets }, userErrors: [] };
}

function edited(
  saved: ConnectionRecord | null,
  { source, scope, mappings }: GivenSettings,
  { sources }: ApiContext,
): ConnectionEdit {
  const input = { source: source ?? undefined, scope: scope ?? undefined, mappings: mappings ?? undefined };
  if (saved !== null) return editConnection(saved, input, sources);
  if (input.source === undefined) throw new Error('A new connection has no source.');
  return newConnection({ name: '', ...input, source: input.source }, givenSource(input.source).kind, sources);
}

function refused(code: UserError['code'], field: string[], message: string) {
  return { request: null, userErrors: [{ field, code, message }] };
}
