import type { RemovalPolicy } from './connection.ts';

/** A connection's default removal policy. */
export const defaultRemoval: RemovalPolicy = {
  action: 'DEACTIVATE',
  graceDays: 0,
  maxPercent: null,
  maxCount: null,
  maxEmptiedPercent: 30,
};

/** The percentage of people who may newly be gone, when `maxPercent` is not set. */
export const defaultMaxPercent = 10;

/** With fewer contacts than this a percentage says little, so a fixed number applies instead if no limit was chosen. */
export const smallConnection = { fewerThan: 20, mayGo: 2 } as const;

/** Fewer contacts than this may always lose the value of a field, whatever the percentage. */
export const fewestEmptied = 20;
