import { describe, expect, test } from '@jest/globals';
import type { ContactValues } from '../../src/core/contact.ts';
import { fieldChanges } from '../../src/core/field-changes.ts';

const ada: ContactValues = {
  DISPLAY_NAME: 'Ada Lovelace',
  PRIMARY_EMAIL: 'ada@example.org',
  PHONE: [
    { label: 'work', value: '+491' },
    { label: 'work', value: '+492' },
    { label: 'home', value: '+493' },
  ],
  PORTAL_ACCESS: true,
};

function change(field: string, label: string | null, before: string | null, after: string | null) {
  return {
    field,
    label,
    before,
    after,
  };
}

describe('the fields of a change', () => {
  test('of a created contact are all that it gets', () => {
    expect(fieldChanges({ action: 'CREATE', before: null, after: ada })).toEqual([
      change('DISPLAY_NAME', null, null, 'Ada Lovelace'),
      change('PRIMARY_EMAIL', null, null, 'ada@example.org'),
      change('PHONE', 'work', null, '+491, +492'),
      change('PHONE', 'home', null, '+493'),
      change('PORTAL_ACCESS', null, null, 'true'),
    ]);
  });

  test.each(['UPDATE', 'LINK', 'REACTIVATE'] as const)('%s are those that differ', (action) => {
    const { PRIMARY_EMAIL: _gone, ...rest } = ada;
    const after: ContactValues = {
      ...rest,
      DISPLAY_NAME: 'Ada King',
      CITY: 'London',
      PORTAL_ACCESS: false,
      FORMS_ACCESS: true,
      PHONE: [
        { label: 'work', value: '+491' },
        { label: 'mobile', value: '+494' },
      ],
    };
    expect(fieldChanges({ action, before: ada, after })).toEqual([
      change('DISPLAY_NAME', null, 'Ada Lovelace', 'Ada King'),
      change('PRIMARY_EMAIL', null, 'ada@example.org', null),
      change('PHONE', 'work', '+491, +492', '+491'),
      change('PHONE', 'home', '+493', null),
      change('PHONE', 'mobile', null, '+494'),
      change('CITY', null, null, 'London'),
      change('PORTAL_ACCESS', null, 'true', 'false'),
      change('FORMS_ACCESS', null, 'false', 'true'),
    ]);
  });

  test('of a deactivated contact are portal access, if it had any', () => {
    expect(fieldChanges({ action: 'DEACTIVATE', before: ada, after: null })).toEqual([
      change('PORTAL_ACCESS', null, 'true', 'false'),
    ]);
    const without = { ...ada, PORTAL_ACCESS: false };
    expect(fieldChanges({ action: 'DEACTIVATE', before: without, after: null })).toEqual([]);
  });

  test('of a deleted contact are all that it had', () => {
    expect(fieldChanges({ action: 'DELETE', before: { DISPLAY_NAME: 'Ada' }, after: null })).toEqual([
      change('DISPLAY_NAME', null, 'Ada', null),
    ]);
  });

  test.each(['SKIP', 'NONE'] as const)('%s are none', (action) => {
    expect(fieldChanges({ action, before: ada, after: { DISPLAY_NAME: 'Other' } })).toEqual([]);
  });
});
