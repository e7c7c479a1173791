import type { SourceKind } from '../../core/connection.ts';
import type { SourceKindInfo } from '../../core/source-form.ts';
import type { SourcesPort } from '../../core/sources-port.ts';

export function kindInfo(sources: SourcesPort, kind: SourceKind): SourceKindInfo {
  const info = sources.kinds().find((known) => known.kind === kind);
  if (info === undefined) throw new Error(`No source of kind ${kind} is registered.`);
  return info;
}
