import type { ConnectionRecord } from '../../core/records.ts';
import type { UserError } from '../../core/user-error.ts';
import { type ApiContext, actorOf } from '../api-context.ts';
import { notFound } from '../error/not-found.ts';
import { checkEdit } from './check-edit.ts';
import { checkSecret } from './check-secret.ts';
import { checkStorable } from './check-storable.ts';
import type { CreateConnectionInput, UpdateConnectionInput } from './connection.inputs.ts';
import { editConnection, newConnection } from './edit-connection.ts';
import { kindInfo } from './kind-info.ts';
import { givenSource } from './source-of.ts';

export type SaveOutcome = { connection: ConnectionRecord | null; userErrors: UserError[] };

/** Saves a new connection, or tells what is to be mended. The source is not contacted. */
export async function createConnection(input: CreateConnectionInput, context: ApiContext): Promise<SaveOutcome> {
  const { store, runner, viewer } = context;
  const { kind, given } = givenSource(input.source);
  const edit = newConnection(input, kindInfo(runner, kind));
  const secrets = { bindPassword: given.bindPassword || null };
  const userErrors = [...checkStorable(input, ['input']), ...checkEdit(edit, secrets.bindPassword !== null, runner)];
  if (userErrors.length > 0) return { connection: null, userErrors };
  return { connection: await store.createConnection(edit, secrets, actorOf(viewer)), userErrors: [] };
}

/**
 * Saves an edit, or tells what is to be mended; judged and saved under one lock. AppError NOT_FOUND, CONFLICT. The source is
 * not contacted.
 */
export async function updateConnection(
  id: string,
  expectedVersion: number | null,
  input: UpdateConnectionInput,
  { store, runner }: ApiContext,
): Promise<SaveOutcome> {
  const refusal = new Refusal();
  const change = (current: ConnectionRecord) => {
    const edit = editConnection(current, input, kindInfo(runner, current.kind));
    const password = input.source ? givenSource(input.source).given.bindPassword : input.source;
    refusal.refuse([
      ...checkStorable(input, ['input']),
      ...checkGivenSource(current, edit.source, input),
      ...checkEdit(edit, password === undefined ? current.hasBindPassword : Boolean(password), runner),
    ]);
    return { edit, secrets: password === undefined ? undefined : { bindPassword: password || null } };
  };
  const saved = await store.updateConnection(id, expectedVersion, change).catch((error: unknown) => {
    if (error === refusal) return refusal;
    throw error;
  });
  if (saved === null) throw notFound('connection');
  return saved instanceof Refusal
    ? { connection: null, userErrors: saved.userErrors }
    : { connection: saved, userErrors: [] };
}

/** Thrown within an update, to end it with nothing saved. */
class Refusal extends Error {
  userErrors: UserError[] = [];

  refuse(userErrors: UserError[]): void {
    if (userErrors.length === 0) return;
    this.userErrors = userErrors;
    throw this;
  }
}

function checkGivenSource(
  current: ConnectionRecord,
  wanted: ConnectionRecord['source'],
  { source }: UpdateConnectionInput,
): UserError[] {
  if (source === undefined) return [];
  if (source === null) {
    return [{ field: ['input', 'source'], code: 'REQUIRED', message: 'A connection needs a source.' }];
  }
  const { kind, member, given } = givenSource(source);
  const path = ['input', 'source', member];
  if (kind !== current.kind) {
    return [
      { field: path, code: 'KIND_CANNOT_CHANGE', message: `This connection's source is of kind ${current.kind}.` },
    ];
  }
  return checkSecret(current, wanted, given, path);
}
