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
const own = { externalId: 'id-1', person: 'uid=ada', fills: { PRIMARY_EMAIL: 'mail' }, gone: false };

const contact = (changes: Partial<CandidateContact> = {}): CandidateContact => ({
  id: 'c1',
  version: 3,
  status: 'ACTIVE',
  values: { DISPLAY_NAME: 'Ada', PRIMARY_EMAIL: 'ada@x.org' },
  lockedFields: [],
  portalAccessBefore: null,
  removalDue: false,
  own: null,
  others: [],
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
  rival: null,
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
    const holder = contact({ own: { ...own, gone: true } });
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

  test('is skipped when somebody else of the same read claims the address, both named', () => {
    const decision = planPerson(question({ rival: 'uid=eve,dc=x' }), settings);
    expect(decision).toMatchObject({ action: 'SKIP', code: 'DUPLICATE_EMAIL' });
    expect(decision.reason).toContain('uid=ada,dc=x');
    expect(decision.reason).toContain('uid=eve,dc=x');
  });
});

describe('somebody linked', () => {
  test('keeps an address that a newcomer claims too', () => {
    const decision = planPerson(question({ linked: contact({ own }), rival: 'uid=eve' }), settings);
    expect(decision).toMatchObject({ action: 'NONE', code: null });
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
    const linked = contact({ status: 'INACTIVE', own: { ...own, gone: true }, portalAccessBefore: true });
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
