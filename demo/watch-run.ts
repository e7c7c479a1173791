import {
  FollowLogDocument,
  type RunStateFragment,
  StartRunDocument,
  WatchRunDocument,
} from '../schema/operations.generated.ts';
import type { ApiClient } from './api-client.ts';
import type { Screen } from './screen.ts';

/** Starts a run, or joins the one under way, and shows it until its end through the public subscriptions. */
export async function watchRun(api: ApiClient, connectionId: string, screen: Screen): Promise<RunStateFragment> {
  const started = await api.ask(StartRunDocument, { connectionId });
  const runId = started.startRun?.run?.id;
  if (runId === undefined) {
    throw new Error(`The run was refused: ${started.startRun?.userErrors.map(({ message }) => message).join('; ')}`);
  }
  const [state] = await Promise.all([watchProgress(api, runId, screen), followLog(api, runId, screen)]);
  screen.endProgress();
  return state;
}

async function watchProgress(api: ApiClient, runId: string, screen: Screen): Promise<RunStateFragment> {
  let last: RunStateFragment | null = null;
  for await (const { runProgress } of api.follow(WatchRunDocument, { runId })) {
    if (runProgress === null) continue;
    last = runProgress;
    screen.progress(last);
  }
  if (last === null) throw new Error('The run is gone.');
  return last;
}

async function followLog(api: ApiClient, runId: string, screen: Screen): Promise<void> {
  for await (const { runLog } of api.follow(FollowLogDocument, { runId, after: 0 })) {
    for (const { at, level, message, person } of runLog?.lines ?? []) {
      const line = `${at.slice(11, 19)} ${level.padEnd(5)} ${message}${person === null ? '' : `  [${person}]`}`;
      screen.line(line.replace(controls, visible));
    }
  }
}

/** Control characters. A directory may hold any text, even terminal commands. */
const controls = /\p{Cc}/gu;

function visible(character: string): string {
  return `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`;
}
