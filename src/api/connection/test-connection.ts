import type { LdapSecrets } from '../../core/connection.ts';
import type { ConnectionTest } from '../../core/directory.ts';
import type { ConnectionRecord } from '../../core/records.ts';
import type { TestRequest } from '../../core/runner-port.ts';
import type { UserError, UserErrorCode } from '../../core/user-error.ts';
import type { ApiContext } from '../api-context.ts';
import { found } from '../error/not-found.ts';
import type { LdapSettingsInput, SourceInput } from '../source/source.inputs.ts';
import { checkAccount, checkSecret } from './check-secret.ts';
import { kindInfo } from './kind-info.ts';
import { mergeMembers } from './merge-members.ts';
import { defaultSettings, givenSource, memberOf } from './source-of.ts';

export type TestOutcome = { result: ConnectionTest | null; userErrors: UserError[] };

/** Tries saved settings, given ones, or the saved with the given over them. AppError NOT_FOUND. */
export async function testConnection(
  connectionId: string | null,
  source: SourceInput | null,
  context: ApiContext,
): Promise<TestOutcome> {
  const saved = connectionId === null ? null : found(await context.loaders.connection.load(connectionId), 'connection');
  const { request, userErrors } = testRequest(saved, source, context);
  if (request === null || userErrors.length > 0) return { result: null, userErrors };
  return { result: await context.runner.testConnection(request, context.signal), userErrors: [] };
}

function testRequest(
  saved: ConnectionRecord | null,
  source: SourceInput | null,
  { runner, viewer }: ApiContext,
): { request: TestRequest | null; userErrors: UserError[] } {
  const given = source === null ? null : givenSource(source);
  const kind = saved?.kind ?? given?.kind;
  if (kind === undefined) return refused(['source'], 'REQUIRED', 'Give the settings of a source, or a connection.');
  const path = ['source', given?.member ?? memberOf[kind]];
  if (given !== null && given.kind !== kind) {
    return refused(path, 'KIND_CANNOT_CHANGE', `This connection's source is of kind ${kind}.`);
  }
  const defaults = defaultSettings(kindInfo(runner, kind));
  const settings = mergeMembers(saved?.source ?? defaults, given?.given, defaults);
  const password = given?.given.bindPassword;
  const hasPassword = password === undefined ? (saved?.hasBindPassword ?? false) : Boolean(password);
  const userErrors = [
    ...(saved === null ? [] : checkSecret(saved, settings, given?.given ?? {}, path)),
    ...checkAccount(settings, hasPassword, path),
    ...runner.checkSource(kind, settings, path),
  ];
  const secrets = secretsOf(saved, given?.given);
  return {
    request: { workspaceId: viewer.workspaceId, connection: saved, kind, settings, secrets },
    userErrors,
  };
}

const refused = (field: string[], code: UserErrorCode, message: string) => ({
  request: null,
  userErrors: [{ field, code, message }],
});

/** Null: those that are stored. */
const secretsOf = (saved: ConnectionRecord | null, given: LdapSettingsInput | undefined): LdapSecrets | null =>
  saved !== null && given?.bindPassword === undefined ? null : { bindPassword: given?.bindPassword || null };
