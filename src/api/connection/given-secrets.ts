import type { Secrets, SourceSettings } from '../../core/connection.ts';
import type { SourceKindInfo } from '../../core/source-form.ts';

/** The secrets among what was given for a source; null, or nothing but an empty text, removes one. */
export const givenSecrets = ({ secrets }: SourceKindInfo, given: SourceSettings): Secrets =>
  Object.fromEntries(
    secrets.flatMap((name) => (given[name] === undefined ? [] : [[name, textOrNull(given[name])] as const])),
  );

const textOrNull = (secret: unknown): string | null => (typeof secret === 'string' && secret !== '' ? secret : null);

/** What becomes of a connection's secrets: the stored ones that stay as they are, and all that are there then. */
export function secretsAfter(
  stored: readonly string[],
  given: Secrets,
): { kept: ReadonlySet<string>; all: ReadonlySet<string> } {
  const kept = stored.filter((name) => given[name] === undefined);
  const added = Object.keys(given).filter((name) => given[name] !== null);
  return { kept: new Set(kept), all: new Set([...kept, ...added]) };
}
