import { expect, test } from '@jest/globals';
import { type AbsentPerson, removalDueAt } from '../../../src/core/absence.ts';
import type { AbsentOutcome } from '../../../src/core/plan.ts';
import { planAbsent } from '../../../src/sync/plan/plan-absent.ts';

const now = new Date('2026-03-10T12:00:00Z');
const days = (count: number): Date => new Date(now.getTime() + 24 * 3_600_000 * count);

type Facts = Omit<Partial<AbsentPerson>, 'contact'> & { contact?: Partial<AbsentPerson['contact']> };

const absent = ({ contact, ...changes }: Facts = {}): AbsentPerson => ({
  externalId: 'id-1',
  person: 'uid=ada',
  connectionId: 'b',
  goneSince: null,
  contact: { id: 'c1', version: 3, name: 'Ada', status: 'ACTIVE', removalDueAt: null, ...contact },
  fedBy: [],
  lostBy: [],
  kept: false,
  ...changes,
});

const stays = (reason: string, newly = true): AbsentOutcome => ({ kind: 'stay', newly, reason });
const gone = 'gone from the source';
const at = { DEACTIVATE: { action: 'DEACTIVATE', graceDays: 0 }, DELETE: { action: 'DELETE', graceDays: 0 } } as const;
const keep = { action: 'KEEP', graceDays: 5 } as const;
const grace = { action: 'DEACTIVATE', graceDays: 5 } as const;

type Policy = Parameters<typeof planAbsent>[1];

test.each<[string, Facts, Policy, AbsentOutcome]>([
  ['newly gone, no grace', {}, at.DEACTIVATE, { kind: 'deactivate', newly: true, reason: gone }],
  ['newly gone, to be deleted', {}, at.DELETE, { kind: 'delete', newly: true, reason: gone }],
  ['newly gone, the policy keeps', {}, keep, stays(`${gone}; the removal policy keeps the contact`)],
  ['newly gone, grace begins', {}, grace, stays(`${gone}; stays until 2026-03-15 12:00 UTC`)],
  [
    'newly gone, inactive',
    { contact: { status: 'INACTIVE' } },
    at.DELETE,
    stays(`${gone}; the contact is inactive already`),
  ],
  ['newly gone, fed by others', { fedBy: ['HR', 'Labs'] }, at.DELETE, stays(`${gone}; still fed by HR, Labs`)],
  [
    'newly gone, lost by another before',
    { lostBy: [{ connectionId: 'z', since: days(-1) }] },
    at.DELETE,
    { kind: 'delete', newly: true, reason: gone },
  ],
  ['in their grace, noted', { goneSince: days(-2), contact: { removalDueAt: days(3) } }, grace, { kind: 'nothing' }],
  [
    'in their grace, another day noted',
    { goneSince: days(-2), contact: { removalDueAt: days(9) } },
    grace,
    stays(`${gone}; stays until 2026-03-13 12:00 UTC`, false),
  ],
  [
    'in their grace, the policy keeps now',
    { goneSince: days(-2), contact: { removalDueAt: days(3) } },
    keep,
    stays(`${gone}; the removal policy keeps the contact`, false),
  ],
  [
    'the grace is over to the moment',
    { goneSince: days(-5), contact: { removalDueAt: now } },
    grace,
    { kind: 'deactivate', newly: false, reason: gone },
  ],
  ['the grace is over, fed by others', { goneSince: days(-5), fedBy: ['HR'] }, grace, { kind: 'nothing' }],
  [
    'long gone, kept before, the policy deletes now',
    { goneSince: days(-90) },
    at.DELETE,
    { kind: 'delete', newly: false, reason: gone },
  ],
  [
    'long gone and inactive',
    { goneSince: days(-90), contact: { status: 'INACTIVE' } },
    at.DEACTIVATE,
    { kind: 'nothing' },
  ],
  [
    'due, lost later by another',
    { goneSince: days(-9), lostBy: [{ connectionId: 'a', since: days(-8) }] },
    grace,
    { kind: 'nothing' },
  ],
  [
    'due, lost earlier by another',
    { goneSince: days(-9), lostBy: [{ connectionId: 'z', since: days(-10) }] },
    grace,
    { kind: 'deactivate', newly: false, reason: gone },
  ],
  [
    'due, lost at once by a higher id',
    { goneSince: days(-9), lostBy: [{ connectionId: 'c', since: days(-9) }] },
    grace,
    { kind: 'nothing' },
  ],
  [
    'due, lost at once by a lower id',
    { goneSince: days(-9), lostBy: [{ connectionId: 'a', since: days(-9) }] },
    grace,
    { kind: 'deactivate', newly: false, reason: gone },
  ],
])('%s', (_, facts, policy, outcome) => {
  expect(planAbsent(absent(facts), policy, now)).toEqual(outcome);
});

test.each<[string, Facts, Policy, Date | null]>([
  ['the end of the grace that begins now', {}, grace, days(5)],
  ['the end of the grace under way', { goneSince: days(-2) }, grace, days(3)],
  ['never without a grace', { goneSince: days(-2), contact: { removalDueAt: days(3) } }, at.DELETE, null],
  ['never where the policy keeps', { contact: { removalDueAt: days(3) } }, keep, null],
  ['as noted where others feed it', { fedBy: ['HR'], contact: { removalDueAt: days(3) } }, grace, days(3)],
  [
    'as noted where another lost it later',
    { goneSince: days(-2), lostBy: [{ connectionId: 'a', since: days(-1) }], contact: { removalDueAt: days(4) } },
    grace,
    days(4),
  ],
])('a contact that stays is due %s', (_, facts, policy, due) => {
  expect(removalDueAt(absent(facts), policy, now)).toEqual(due);
});
