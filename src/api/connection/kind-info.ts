import type { SourceKind } from '../../core/connection.ts';
import type { RunnerPort } from '../../core/runner-port.ts';
import type { SourceKindInfo } from '../../core/source-form.ts';

export function kindInfo(runner: RunnerPort, kind: SourceKind): SourceKindInfo {
  const info = runner.sourceKinds().find((known) => known.kind === kind);
  if (info === undefined) throw new Error(`No source of kind ${kind} is registered.`);
  return info;
}
