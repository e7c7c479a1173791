import { AppError } from '../../core/app-error.ts';
import type { LdapSecrets } from '../../core/connection.ts';
import type { AddressPolicy, ConnectionTest } from '../../core/directory.ts';
import type { RunStore } from '../../core/run-store.ts';
import type { TestRequest } from '../../core/runner-port.ts';
import type { ReadingThreads } from '../../sync/reading-threads.ts';
import { testSource } from '../../sync/test-source.ts';

/** Connects to a source and reads one entry. Whatever fails there, stored secrets that can't be opened too, is told. */
export async function testConnection(
  store: RunStore,
  { threads, addresses }: { threads: ReadingThreads; addresses: AddressPolicy },
  { workspaceId, connection, kind, settings, secrets }: TestRequest,
  signal: AbortSignal,
): Promise<ConnectionTest> {
  try {
    const opened = secrets ?? (await storedSecrets(store, workspaceId, connection));
    return await testSource(threads, { kind, settings, secrets: opened, addresses }, signal);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const { code, message, hint } = error;
    return { ok: false, code, message, hint, server: null, latencyMs: null, checks: [] };
  }
}

const storedSecrets = async (
  store: RunStore,
  workspaceId: string,
  connection: TestRequest['connection'],
): Promise<LdapSecrets> => (connection === null ? { bindPassword: null } : store.secrets(workspaceId, connection));
