import { AppError } from './app-error.ts';
import { SourceKind } from './connection.ts';

/** A kind of source as it is stored. Throws AppError UNKNOWN_KIND for one that this release does not have. */
export function sourceKindOf(stored: string): SourceKind {
  if (isSourceKind(stored)) return stored;
  throw new AppError('UNKNOWN_KIND', `This release can't read sources of kind "${stored}".`, {
    hint: 'Another release has saved the connection. Update every process of the service, or make the connection anew.',
  });
}

const isSourceKind = (text: string): text is SourceKind => Object.hasOwn(SourceKind, text);
