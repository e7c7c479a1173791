import type { Viewer } from '../../core/access.ts';
import { rateLimited, type TrafficLimits } from './traffic-limits.ts';

export type TurnLimits = Pick<
  TrafficLimits,
  | 'operations'
  | 'operationsPerWorkspace'
  | 'operationsPerToken'
  | 'waiting'
  | 'waitingPerWorkspace'
  | 'waitingPerToken'
  | 'longestWaitSeconds'
  | 'retryAfterSeconds'
>;

/** Takes a turn: an access token of a workspace. */
export type Asker = Pick<Viewer, 'workspaceId' | 'tokenId'>;

export type WaitOptions = {
  /** When it aborts, the wait ends and rejects with its reason. */
  signal?: AbortSignal;
  /** Waits without limits of time and number, for callers whose number is bounded elsewhere. Default: false. */
  patient?: boolean;
};

type Waiter = { go(): void };
type OfToken = { running: number; readonly waiting: Set<Waiter> };
type OfWorkspace = { running: number; waiting: number; readonly tokens: Map<string, OfToken> };

/**
 * Gives out a limited number of turns at a time. Waiting is fair: workspaces take turns, and within a workspace its
 * tokens do. Even when one of them asks for very much, the first request of another comes next.
 */
export class Turns {
  readonly #limits: TurnLimits;
  #running = 0;
  #waiting = 0;
  /** In the order in which they are served. A workspace that got a turn goes to the end. */
  readonly #workspaces = new Map<string, OfWorkspace>();

  constructor(limits: TurnLimits) {
    this.#limits = limits;
  }

  /**
   * Resolves with the function that ends the turn. Throws AppError RATE_LIMITED when too many wait, or this wait takes
   * too long.
   */
  async take(asker: Asker, { signal, patient = false }: WaitOptions = {}): Promise<() => void> {
    signal?.throwIfAborted();
    const workspace = entry(this.#workspaces, asker.workspaceId, () => ({ running: 0, waiting: 0, tokens: new Map() }));
    const token = entry(workspace.tokens, asker.tokenId, () => ({ running: 0, waiting: new Set<Waiter>() }));
    // Nobody is overtaken: a free turn would already have gone to a waiter who could use it.
    if (!this.#isFree(workspace, token)) {
      if (!patient && this.#isFull(workspace, token)) {
        this.#forget(asker, workspace, token);
        throw rateLimited(this.#limits.retryAfterSeconds);
      }
      await this.#wait(asker, workspace, token, { signal, patient });
    } else this.#start(workspace, token);
    let ended = false;
    return () => {
      if (!ended) this.#end(asker, workspace, token);
      ended = true;
    };
  }

  #isFree(workspace: OfWorkspace, token: OfToken): boolean {
    const { operations, operationsPerWorkspace, operationsPerToken } = this.#limits;
    return (
      this.#running < operations && workspace.running < operationsPerWorkspace && token.running < operationsPerToken
    );
  }

  #isFull(workspace: OfWorkspace, token: OfToken): boolean {
    const { waiting, waitingPerWorkspace, waitingPerToken } = this.#limits;
    return (
      this.#waiting >= waiting || workspace.waiting >= waitingPerWorkspace || token.waiting.size >= waitingPerToken
    );
  }

  #wait(asker: Asker, workspace: OfWorkspace, token: OfToken, { signal, patient }: WaitOptions): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const { longestWaitSeconds, retryAfterSeconds } = this.#limits;
    const leave = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      token.waiting.delete(waiter);
      workspace.waiting--;
      this.#waiting--;
    };
    const giveUp = (reason: unknown) => {
      leave();
      this.#forget(asker, workspace, token);
      reject(reason);
    };
    const onAbort = () => giveUp(signal?.reason);
    const timer = patient
      ? undefined
      : setTimeout(() => giveUp(rateLimited(retryAfterSeconds)), longestWaitSeconds * 1000);
    const waiter: Waiter = {
      go: () => {
        leave();
        this.#start(workspace, token);
        resolve();
      },
    };
    signal?.addEventListener('abort', onAbort, { once: true });
    token.waiting.add(waiter);
    workspace.waiting++;
    this.#waiting++;
    return promise;
  }

  #start(workspace: OfWorkspace, token: OfToken): void {
    this.#running++;
    workspace.running++;
    token.running++;
  }

  #end(asker: Asker, workspace: OfWorkspace, token: OfToken): void {
    this.#running--;
    workspace.running--;
    token.running--;
    this.#forget(asker, workspace, token);
    this.#next()?.go();
  }

  /** The waiter whose turn it is. Its token and workspace move to the end of their queues. */
  #next(): Waiter | undefined {
    if (this.#waiting === 0) return undefined;
    for (const [workspaceId, workspace] of this.#workspaces) {
      for (const [tokenId, token] of workspace.waiting === 0 ? [] : workspace.tokens) {
        const [waiter] = token.waiting;
        if (waiter === undefined || !this.#isFree(workspace, token)) continue;
        toEnd(workspace.tokens, tokenId, token);
        toEnd(this.#workspaces, workspaceId, workspace);
        return waiter;
      }
    }
    return undefined;
  }

  #forget({ workspaceId, tokenId }: Asker, workspace: OfWorkspace, token: OfToken): void {
    if (token.running === 0 && token.waiting.size === 0) workspace.tokens.delete(tokenId);
    if (workspace.tokens.size === 0) this.#workspaces.delete(workspaceId);
  }
}

function entry<V>(map: Map<string, V>, key: string, make: () => V): V {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}

function toEnd<V>(map: Map<string, V>, key: string, value: V): void {
  map.delete(key);
  map.set(key, value);
}
