import type { StartRunMode } from '../core/run.ts';
import type { ConnectionFacts, ReadCursor } from '../core/sync-store.ts';

/** Where a run continues from (null: it reads everybody), and why, as a sentence. */
export type ChosenMode = { from: ReadCursor | null; reason: string };

/** What the choice depends on. `mappingVersion`: that of this process. `at`: now. */
export type ModeFacts = Pick<ConnectionFacts, 'readOn' | 'fullEvery'> & {
  asked: StartRunMode;
  mappingVersion: string;
  at: Date;
};

const hourMs = 3_600_000;

/**
 * Decides whether a run may continue from where the last one ended. It may not after an edit of the connection, or
 * after an update of the service that maps people differently. In mode AUTO it may not when everybody was last read
 * long ago either. The source can still refuse. Pure.
 */
export function chooseMode({ asked, readOn, fullEvery, mappingVersion, at }: ModeFacts): ChosenMode {
  if (asked === 'FULL') return { from: null, reason: 'A full run was asked for.' };
  const impossible = whyImpossible(readOn, mappingVersion);
  if (impossible !== null || readOn.kind !== 'from') return { from: null, reason: impossible ?? '' };
  if (asked === 'INCREMENTAL') return { from: readOn.from, reason: 'An incremental run was asked for.' };
  const hours = (at.getTime() - new Date(readOn.from.fullAt).getTime()) / hourMs;
  const every = fullEvery === 1 ? 'hour' : `${fullEvery} hours`;
  // A negative value means that the clock was set back, so nobody knows how long ago it was.
  if (!(hours >= 0 && hours < fullEvery))
    return { from: null, reason: `Everybody is read every ${every} (fullEvery), and the time has come.` };
  return {
    from: readOn.from,
    reason: `The connection has not been edited since the last run, and everybody is read only every ${every} (fullEvery).`,
  };
}

function whyImpossible(readOn: ModeFacts['readOn'], mappingVersion: string): string | null {
  if (readOn.kind === 'edited') return 'The connection has been edited since the last run.';
  if (readOn.kind === 'nowhere')
    return readOn.because ?? 'There is no earlier run that read everybody and whose plan was applied.';
  return readOn.from.mappingVersion === mappingVersion
    ? null
    : 'The service has been updated since the last run, and maps people differently.';
}
