import type { RunRecord } from '../../core/records.ts';
import type { ApiContext } from '../api-context.ts';
import { found } from '../error/not-found.ts';

/** AppError NOT_FOUND. */
export async function followProgress({
  args,
  context: { runner, store, viewer, signal },
}: {
  args: { runId: string };
  context: ApiContext;
}): Promise<AsyncIterable<RunRecord>> {
  const run = found((await store.runsByIds([args.runId]))[0], 'run');
  return runner.followProgress(viewer.workspaceId, run.id, signal);
}

/** AppError NOT_FOUND for an unknown connection. */
export async function followRuns({
  args,
  context: { runner, loaders, viewer, signal },
}: {
  args: { connectionId?: string | null };
  context: ApiContext;
}): Promise<AsyncIterable<RunRecord>> {
  const id = args.connectionId ?? null;
  const connection = id === null ? null : found(await loaders.connection.load(id), 'connection');
  return runner.followRuns(viewer.workspaceId, connection?.id ?? null, signal);
}
