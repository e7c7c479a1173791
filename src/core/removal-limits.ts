import type { RemovalPolicy } from './connection.ts';

/** What a connection's removal policy is when nothing is said about it. */
export const defaultRemoval: RemovalPolicy = {
  action: 'DEACTIVATE',
  graceDays: 0,
  maxPercent: null,
  maxCount: null,
  maxEmptiedPercent: 30,
};

/** The percentage of people who may newly go where `maxPercent` is left out. */
export const defaultMaxPercent = 10;

/** Below this many contacts a percentage says little, so a number takes its place where none was chosen. */
export const smallConnection = { fewerThan: 20, mayGo: 2 } as const;

/** Fewer contacts than these may lose what a field holds, whatever the percentage. */
export const fewestEmptied = 20;
