import type { FieldMapping } from '../core/connection.ts';
import type { Entry } from '../core/entry.ts';
import type { OpenOptions, SourceSession } from '../core/source-session.ts';
import { compileMapping } from './map/compile-mapping.ts';
import type { Looks, LookUpTask } from './read-messages.ts';
import type { Source } from './source/source-module.ts';

/** Opens a source and looks up people there. Throws AppError. */
export async function lookUpPeople(
  source: Source,
  { settings, secrets, ...asked }: LookUpTask,
  options: OpenOptions,
): Promise<Looks['lookUp']['answer']> {
  const session = await source.open(settings, secrets, options);
  try {
    return await lookUpIn(session, source, asked, options.signal);
  } finally {
    await session.close();
  }
}

/** Looks up people in an open session. Null: only a read of everybody can tell who they are. Throws AppError. */
export async function lookUpIn(
  session: SourceSession,
  { attributes: { keyOf } }: Pick<Source, 'attributes'>,
  { wanted, connection: { mappings, scope }, at }: Pick<LookUpTask, 'wanted' | 'connection' | 'at'>,
  signal: AbortSignal,
): Promise<Looks['lookUp']['answer']> {
  const claims = claiming(mappings);
  if (session.lookUp === undefined || claims === null) return null;
  const { attributes, map } = compileMapping(claims, { keyOf });
  const addressOf = (entry: Entry): string | null => {
    const mapped = map(entry);
    return mapped.kind === 'draft' ? (mapped.draft.values.PRIMARY_EMAIL?.toLowerCase() ?? null) : null;
  };
  return session.lookUp({ ...wanted, attributes, scope, at, addressOf }, signal);
}

/** The mapping by which people claim addresses. Null: an address need not be a part of a value that the source sent. */
function claiming(mappings: readonly FieldMapping[]): FieldMapping[] | null {
  const claims = mappings.filter(({ field }) => field === 'PRIMARY_EMAIL');
  const isPlain = ({ template, value, transforms }: FieldMapping): boolean =>
    template === null && value === null && transforms.every((name) => name === 'LOWERCASE' || name === 'UPPERCASE');
  return claims.every(isPlain) ? claims : null;
}
