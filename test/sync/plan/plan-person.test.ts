import { describe, expect, test } from '@jest/globals';
import type { CandidateContact, Question } from '../../../src/core/sync-store.ts';
import { type PlanSettings, planPerson } from '../../../src/sync/plan/plan-person.ts';

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
const own = { externalId: 'id-1', person: 'uid=ada', fills: { PRIMARY_EMAIL: 'mail' }, gone: false, recheck: 0 };

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
  position: 7,
  person: 'uid=ada,dc=x',
  personId: 'id-1',
  values: { DISPLAY_NAME: 'Ada', PRIMARY_EMAIL: 'ada@x.org' },
  alternatives: {},
  fills: { PRIMARY_EMAIL: 'mail' },
  linked: null,
  holder: null,
  heir: null,
  shared: false,
  ...changes,
});

describe('somebody new to the connection', () => {
  test('links to the active contact that has the address', () => {
    expect(planPerson(question({ holder: contact() }), settings)).toMatchObject({
      action: 'LINK',
      contactId: 'c1',
      contactVersion: 3,
    });
  });

  test('links to a contact whose person of this connection is long gone', () => {
    const holder = contact({ own: { ...own, gone: true, recheck: 0 } });
    expect(planPerson(question({ holder }), settings)).toMatchObject({ action: 'LINK', contactId: 'c1' });
  });

  test('is skipped where only stable ids match and the address is taken', () => {
    const decision = planPerson(question({ holder: contact() }), { ...settings, matchBy: 'EXTERNAL_ID_ONLY' });
    expect(decision).toMatchObject({ action: 'SKIP', code: 'EMAIL_TAKEN' });
    expect(decision.reason).toContain('ada@x.org');
  });

  test('waits for the address of somebody else of the same connection', () => {
    const holder = contact({ own });
    expect(planPerson(question({ holder, personId: 'id-2' }), settings)).toMatchObject({
      action: 'CREATE',
      waitsFor: { contactId: 'c1', skipReason: expect.stringContaining('uid=ada') },
    });
  });

  test('claims an address that somebody else of the same read may get, too', () => {
    const claims = { person: 'uid=ada,dc=x', address: 'ada@x.org', keeps: false };
    expect(planPerson(question({ shared: true }), settings)).toMatchObject({ action: 'CREATE', claims });
    expect(planPerson(question({ shared: true, holder: contact() }), settings)).toMatchObject({
      action: 'LINK',
      claims,
    });
    expect(planPerson(question(), settings)).toMatchObject({ action: 'CREATE', claims: null });
  });

  test('claims it also where the address is a contact’s that can’t be theirs', () => {
    const taken = question({ shared: true, holder: contact() });
    expect(planPerson(taken, { ...settings, matchBy: 'EXTERNAL_ID_ONLY' })).toMatchObject({
      action: 'SKIP',
      code: 'EMAIL_TAKEN',
      claims: { address: 'ada@x.org' },
    });
  });
});

describe('somebody linked', () => {
  test('claims none but what their contact would get', () => {
    const values = { DISPLAY_NAME: 'Ada', PRIMARY_EMAIL: 'new@x.org' };
    const moving = question({ linked: contact({ own }), shared: true, values });
    expect(planPerson(moving, settings)).toMatchObject({
      action: 'UPDATE',
      claims: { address: 'new@x.org', keeps: false },
    });
    const has = question({ linked: contact({ own }), shared: true });
    expect(planPerson(has, settings)).toMatchObject({ action: 'NONE', code: null, claims: null });
    const locked = question({ linked: contact({ own, lockedFields: ['PRIMARY_EMAIL'] }), shared: true, values });
    expect(planPerson(locked, settings)).toMatchObject({ action: 'NONE', claims: null });
    const others = [
      {
        connectionName: 'Other',
        rank: { priority: 1, createdAt: 1, connectionId: 'other' },
        fills: { PRIMARY_EMAIL: 'mail' },
      },
    ];
    const outranked = question({ linked: contact({ own, others }), shared: true, values });
    expect(planPerson(outranked, settings)).toMatchObject({ action: 'NONE', claims: null });
  });

  test('keeps the address of the contact to which they come back', () => {
    const linked = contact({ status: 'INACTIVE', own: { ...own, gone: true, recheck: 0 }, portalAccessBefore: false });
    expect(planPerson(question({ linked, shared: true }), settings)).toMatchObject({
      action: 'REACTIVATE',
      claims: { address: 'ada@x.org', keeps: true },
    });
  });

  test('is updated when something differs', () => {
    const values = { DISPLAY_NAME: 'Ada', PRIMARY_EMAIL: 'new@x.org' };
    expect(planPerson(question({ linked: contact({ own }), values }), settings)).toMatchObject({
      action: 'UPDATE',
      before: { PRIMARY_EMAIL: 'ada@x.org' },
      after: { PRIMARY_EMAIL: 'new@x.org' },
      waitsFor: null,
    });
  });

  test('is skipped, and not gone, when the new address is somebody else’s', () => {
    const holder = contact({ id: 'c2', values: { DISPLAY_NAME: 'Eve', PRIMARY_EMAIL: 'new@x.org' } });
    const values = { DISPLAY_NAME: 'Ada', PRIMARY_EMAIL: 'new@x.org' };
    expect(planPerson(question({ linked: contact({ own }), values, holder }), settings)).toMatchObject({
      action: 'SKIP',
      contactId: 'c1',
      code: 'EMAIL_TAKEN',
    });
  });

  test('comes back with the portal access that deactivation took', () => {
    const linked = contact({ status: 'INACTIVE', own: { ...own, gone: true, recheck: 0 }, portalAccessBefore: true });
    expect(planPerson(question({ linked }), settings)).toMatchObject({
      action: 'REACTIVATE',
      after: { PORTAL_ACCESS: true },
    });
  });

  test('stays inactive when it was not the sync that deactivated', () => {
    const linked = contact({ status: 'INACTIVE', own });
    const values = { DISPLAY_NAME: 'Ada', PRIMARY_EMAIL: 'new@x.org' };
    expect(planPerson(question({ linked, values }), settings)).toMatchObject({ action: 'UPDATE' });
  });
});
