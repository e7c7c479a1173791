import type { SyncRun } from '../../core/sync-store.ts';
import { absentPeople, decideAbsent } from './absent-people.ts';
import type { Attempt } from './attempt.ts';
import { countActive, countEmptied } from './count-emptied.ts';
import { decide } from './decide.ts';
import { saveFills } from './fills.ts';
import { findQuestions, questions } from './find-questions.ts';
import { markHandovers, noteTakeovers, plannedAddresses, refuse } from './handovers.ts';
import { streamKnown } from './known-before.ts';
import { countAgain } from './revert/count-again.ts';
import { createStaging, unstage } from './staging.ts';

/** The steps that a run and a trial share: they stage people and make a plan. */
export function planning(attempt: Attempt) {
  const staging = createStaging(attempt);
  return {
    streamKnown: (onChunk) => streamKnown(attempt, onChunk),
    stage: (rows) => staging.stage(rows),
    stageEnd: () => staging.end(),
    unstage: (rows) => unstage(attempt, rows),
    saveFills: (fills) => saveFills(attempt, fills),
    absentPeople: (externalIds) => absentPeople(attempt, externalIds),
    decideAbsent: (planned) => decideAbsent(attempt, planned),
    findQuestions: (staged) => findQuestions(attempt, staged),
    questions: (after, limit) => questions(attempt, after, limit),
    decide: (decisions) => decide(attempt, decisions),
    plannedAddresses: (contactIds) => plannedAddresses(attempt, contactIds),
    refuse: (refused) => refuse(attempt, refused),
    noteTakeovers: (contactIds, reason) => noteTakeovers(attempt, contactIds, reason),
    markHandovers: (positions) => markHandovers(attempt, positions),
    countActive: () => countActive(attempt),
    countEmptied: (question) => countEmptied(attempt, question),
    countAgain: () => countAgain(attempt),
  } satisfies Partial<SyncRun>;
}
