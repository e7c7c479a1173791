import type { ProcessLog } from '../../../src/core/process-log.ts';

/** A process log that keeps all its lines. */
export function collectLog(): ProcessLog & { errors: Record<string, unknown>[]; warnings: Record<string, unknown>[] } {
  const errors: Record<string, unknown>[] = [];
  const warnings: Record<string, unknown>[] = [];
  return {
    errors,
    warnings,
    error: (details, message) => errors.push({ ...details, message }),
    warn: (details, message) => warnings.push({ ...details, message }),
  };
}
