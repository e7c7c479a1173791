import type { ConnectionEdit, ConnectionRecord } from '../../core/records.ts';
import type { SourcesPort } from '../../core/sources-port.ts';
import type { UserError } from '../../core/user-error.ts';
import { type ApiContext, actorOf } from '../api-context.ts';
import { found } from '../error/not-found.ts';
import { orRefused, refuse } from '../error/refusal.ts';
import { givenSource } from '../source/source.type.ts';
import { checkEdit, checkStorable } from './check-edit.ts';
import type { CreateConnectionInput, UpdateConnectionInput } from './connection.inputs.ts';
import { editConnection, givenSecrets, newConnection, secretsAfter } from './edit-connection.ts';

export type SaveOutcome = { connection: ConnectionRecord | null; userErrors: UserError[] };

/** Saves a new connection, or answers with the errors to fix. The source is not contacted. */
export async function createConnection(input: CreateConnectionInput, context: ApiContext): Promise<SaveOutcome> {
  const { store, sources, viewer } = context;
  const { kind, given } = givenSource(input.source);
  const edit = newConnection(input, kind, sources);
  const secrets = givenSecrets(sources.kind(kind), given);
  const userErrors = [...checkStorable(input, ['input']), ...checkEdit(edit, secretsAfter([], secrets), context)];
  if (userErrors.length > 0) return { connection: null, userErrors };
  return { connection: await store.createConnection(edit, secrets, actorOf(viewer)), userErrors: [] };
}

/**
 * Saves an edit, or answers with the errors to fix. One lock covers check and save. The source is not contacted. Throws
 * AppError NOT_FOUND or CONFLICT.
 */
export async function updateConnection(
  id: string,
  expectedVersion: number | null,
  input: UpdateConnectionInput,
  context: ApiContext,
): Promise<SaveOutcome> {
  const { store, sources } = context;
  const change = (current: ConnectionRecord) => {
    const edit = editConnection(current, input, sources);
    const given = input.source ? givenSource(input.source).given : {};
    const secrets = givenSecrets(sources.kind(current.kind), given);
    const after = secretsAfter(current.secretNames, secrets);
    refuse([
      ...checkStorable(input, ['input']),
      ...checkGivenSource(current, { edit, kept: after.kept }, input, sources),
      ...checkEdit(edit, after, context),
    ]);
    return { edit, secrets };
  };
  const saved = await orRefused(store.updateConnection(id, expectedVersion, change));
  if ('userErrors' in saved) return { connection: null, userErrors: saved.userErrors };
  return { connection: found(saved.result, 'connection'), userErrors: [] };
}

function checkGivenSource(
  current: ConnectionRecord,
  { edit, kept }: { edit: ConnectionEdit; kept: ReadonlySet<string> },
  { source }: UpdateConnectionInput,
  sources: SourcesPort,
): UserError[] {
  if (source === undefined) return [];
  if (source === null) {
    return [{ field: ['input', 'source'], code: 'REQUIRED', message: 'A connection needs a source.' }];
  }
  const { kind, member } = givenSource(source);
  const path = ['input', 'source', member];
  if (kind !== current.kind) {
    return [
      { field: path, code: 'KIND_CANNOT_CHANGE', message: `This connection's source is of kind ${current.kind}.` },
    ];
  }
  return sources.checkDestination(kind, { saved: current.source, wanted: edit.source, kept }, path);
}
