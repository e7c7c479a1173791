import type { Scope, Secrets, SourceKind, SourceSettings } from '../core/connection.ts';
import type { AddressPolicy } from '../core/source-session.ts';
import { borrowFiles } from './lend-files.ts';
import { sourceOf } from './source/sources.ts';

/** A source to be watched, with its secrets. */
export type WatchedSource = { kind: SourceKind; source: SourceSettings; scope: Scope; secrets: Secrets };

/** Watches a source in this thread until the signal aborts or the watch breaks. See `watch` of a SourceModule. */
export async function watchSource(
  { kind, source, scope, secrets }: WatchedSource,
  addresses: AddressPolicy,
  options: { signal: AbortSignal; listening(): void; changed(): void },
): Promise<never> {
  return sourceOf(kind).watch(source, secrets, { ...options, scope, addresses, files: borrowFiles(null) });
}
