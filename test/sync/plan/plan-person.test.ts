import { describe, expect, test } from '@jest/globals';
import type { CandidateContact, Question } from '../../../src/core/plan.ts';
import { freeAddress, type PlanSettings, planPerson } from '../../../src/sync/plan/plan-person.ts';

const email = {
  field: 'PRIMARY_EMAIL',
  label: null,
  attributes: ['mail'],
  template: null,
  value: null,
  transforms: [],
  policy: 'ALWAYS',
  whenEmpty: 'CLEAR',
} as const;
const settings: PlanSettings = {
  mappings: [{ ...email, attributes: ['mail'], transforms: [] }],
  matchBy: 'PRIMARY_EMAIL',
  rank: { priority: 100, createdAt: 1, connectionId: 'ours' },
};
const own = {
  externalId: 'id-1',
  person: 'uid=ada',
  fills: { PRIMARY_EMAIL: 'mail' },
  absence: 'none',
  recheck: 0,
} as const;

const contact = (changes: Partial<CandidateContact> = {}): CandidateContact => ({
  id: 'c1',
  version: 3,
  status: 'ACTIVE',
  values: { DISPLAY_NAME: 'Ada', PRIMARY_EMAIL: 'ada@x.org' },
  lockedFields: [],
  portalAccessBefore: null,
  own: null,
  others: [],
  othersRecheck: 0,
  ...changes,
});

const question = (changes: Partial<Question> = {}): Question => ({
  person: 'uid=ada,dc=x',
  values: { DISPLAY_NAME: 'Ada', PRIMARY_EMAIL: 'ada@x.org' },
  alternatives: {},
  fills: { PRIMARY_EMAIL: 'mail' },
  linked: null,
  holder: null,
  heir: null,
  claimants: 1,
  ...changes,
});

describe('somebody new to the connection', () => {
  test('whose address nobody has or claims is created with the mapped values', () => {
    const alone = { ...question(), ...freeAddress };
    expect(planPerson(alone, settings)).toEqual({
      kind: 'create',
      after: alone.values,
      onlyIf: { kind: 'none' },
      claim: null,
    });
  });

  test('links to the active contact that has the address', () => {
    expect(planPerson(question({ holder: contact() }), settings)).toMatchObject({
      kind: 'link',
      contact: { id: 'c1', version: 3 },
    });
  });

  test('links to a contact whose person of this connection is long gone', () => {
    const holder = contact({ own: { ...own, absence: 'before' as const, recheck: 0 } });
    expect(planPerson(question({ holder }), settings)).toMatchObject({ kind: 'link', contact: { id: 'c1' } });
  });

  test.each([
    ['before', 'link'],
    ['stays', 'link'],
    ['none', 'create'],
    ['removed', 'create'],
  ] as const)('with the address of a contact whose person is absent (%s) comes to: %s', (absence, kind) => {
    const holder = contact({ own: { ...own, absence } });
    const waits = { kind: 'addressFreed', contactId: 'c1' };
    const takes = { kind: 'contactLost', contactId: 'c1' };
    expect(planPerson(question({ holder }), settings)).toMatchObject({ kind, onlyIf: kind === 'link' ? takes : waits });
  });

  test('is skipped if only stable ids match and the address is taken', () => {
    const decision = planPerson(question({ holder: contact() }), { ...settings, matchBy: 'EXTERNAL_ID_ONLY' });
    expect(decision).toMatchObject({ kind: 'skip', code: 'EMAIL_TAKEN', reason: expect.stringContaining('ada@x.org') });
  });

  test('waits for the address of somebody else of the same connection', () => {
    const holder = contact({ own });
    expect(planPerson(question({ holder }), settings)).toMatchObject({
      kind: 'create',
      onlyIf: { kind: 'addressFreed', contactId: 'c1', otherwise: { reason: expect.stringContaining('uid=ada') } },
    });
  });

  test('claims an address that somebody else of the same read may get, too', () => {
    const claim = { address: 'ada@x.org', keeps: false };
    expect(planPerson(question({ claimants: 2 }), settings)).toMatchObject({ kind: 'create', claim });
    expect(planPerson(question({ claimants: 2, holder: contact() }), settings)).toMatchObject({
      kind: 'link',
      claim,
    });
    expect(planPerson(question(), settings)).toMatchObject({ kind: 'create', claim: null });
  });

  test('also claims an address of a contact that can’t be theirs', () => {
    const taken = question({ claimants: 2, holder: contact() });
    expect(planPerson(taken, { ...settings, matchBy: 'EXTERNAL_ID_ONLY' })).toMatchObject({
      kind: 'skip',
      code: 'EMAIL_TAKEN',
      claim: { address: 'ada@x.org' },
    });
  });
});

describe('somebody linked', () => {
  test('claims only an address that their contact would get', () => {
    const values = { DISPLAY_NAME: 'Ada', PRIMARY_EMAIL: 'new@x.org' };
    const moving = question({ linked: contact({ own }), claimants: 2, values });
    expect(planPerson(moving, settings)).toMatchObject({
      kind: 'update',
      claim: { address: 'new@x.org', keeps: false },
    });
    const has = question({ linked: contact({ own }), claimants: 2 });
    expect(planPerson(has, settings)).toMatchObject({ kind: 'asBefore' });
    const locked = question({ linked: contact({ own, lockedFields: ['PRIMARY_EMAIL'] }), claimants: 2, values });
    expect(planPerson(locked, settings)).toMatchObject({ kind: 'asBefore' });
    const others = [
      {
        connectionName: 'Other',
        rank: { priority: 1, createdAt: 1, connectionId: 'other' },
        fills: { PRIMARY_EMAIL: 'mail' },
      },
    ];
    const outranked = question({ linked: contact({ own, others }), claimants: 2, values });
    expect(planPerson(outranked, settings)).toMatchObject({ kind: 'asBefore' });
  });

  test('keeps the address of the contact to which they return', () => {
    const linked = contact({
      status: 'INACTIVE',
      own: { ...own, absence: 'before' as const, recheck: 0 },
      portalAccessBefore: false,
    });
    expect(planPerson(question({ linked, claimants: 2 }), settings)).toMatchObject({
      kind: 'reactivate',
      claim: { address: 'ada@x.org', keeps: true },
    });
  });

  test('is updated when something differs', () => {
    const values = { DISPLAY_NAME: 'Ada', PRIMARY_EMAIL: 'new@x.org' };
    expect(planPerson(question({ linked: contact({ own }), values }), settings)).toMatchObject({
      kind: 'update',
      contact: { values: { PRIMARY_EMAIL: 'ada@x.org' } },
      after: { PRIMARY_EMAIL: 'new@x.org' },
      onlyIf: { kind: 'none' },
    });
  });

  test('is skipped, and not gone, when the new address is somebody else’s', () => {
    const holder = contact({ id: 'c2', values: { DISPLAY_NAME: 'Eve', PRIMARY_EMAIL: 'new@x.org' } });
    const values = { DISPLAY_NAME: 'Ada', PRIMARY_EMAIL: 'new@x.org' };
    expect(planPerson(question({ linked: contact({ own }), values, holder }), settings)).toMatchObject({
      kind: 'skip',
      contactId: 'c1',
      code: 'EMAIL_TAKEN',
    });
  });

  test('returns with the portal access that deactivation took', () => {
    const linked = contact({
      status: 'INACTIVE',
      own: { ...own, absence: 'before' as const, recheck: 0 },
      portalAccessBefore: true,
    });
    expect(planPerson(question({ linked }), settings)).toMatchObject({
      kind: 'reactivate',
      after: { PORTAL_ACCESS: true },
    });
  });

  test('stays inactive when it was not the sync that deactivated', () => {
    const linked = contact({ status: 'INACTIVE', own });
    const values = { DISPLAY_NAME: 'Ada', PRIMARY_EMAIL: 'new@x.org' };
    expect(planPerson(question({ linked, values }), settings)).toMatchObject({ kind: 'update' });
  });
});

describe('somebody new to the connection whose id another one knows', () => {
  const linked = contact({
    others: [{ connectionName: 'Other', rank: settings.rank, fills: {} }],
    othersRecheck: 1001,
  });

  test('is linked to that contact, even if nothing about it changes', () => {
    expect(planPerson(question({ linked }), settings)).toMatchObject({
      kind: 'link',
      contact: { id: 'c1', recheck: 1001 },
      onlyIf: { kind: 'none' },
    });
  });

  test('reactivates the contact if its person had left the other connection', () => {
    const asleep = { ...linked, status: 'INACTIVE', portalAccessBefore: true } as const;
    expect(planPerson(question({ linked: asleep }), settings)).toMatchObject({
      kind: 'reactivate',
      after: { PORTAL_ACCESS: true },
    });
    const byHand = { ...asleep, portalAccessBefore: null };
    expect(planPerson(question({ linked: byHand }), settings)).toMatchObject({ kind: 'link' });
  });

  test('is skipped when the address that they bring belongs to another contact', () => {
    const holder = contact({ id: 'c2', values: { DISPLAY_NAME: 'Bob', PRIMARY_EMAIL: 'ada@x.org' } });
    const withoutMail = { ...linked, values: { DISPLAY_NAME: 'Ada' } };
    expect(planPerson(question({ linked: withoutMail, holder }), settings)).toMatchObject({
      kind: 'skip',
      code: 'EMAIL_TAKEN',
      contactId: 'c1',
    });
  });
});
