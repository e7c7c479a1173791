import { describe, expect, test } from '@jest/globals';
import { defaultMappings } from '../../../support/source-defaults.ts';
import { expectDraft, mapPerson } from '../../map/mapping.ts';

describe('default mappings', () => {
  test('of LDAP fill a contact from an inetOrgPerson', () => {
    const outcome = mapPerson(defaultMappings('LDAP'), {
      cn: 'Anna Berg',
      sn: 'Berg',
      givenName: 'Anna',
      mail: 'anna@example.com',
      mailAlternateAddress: ['berg@example.com', 'a.berg@example.com'],
      telephoneNumber: '+49 30 1234567',
      o: 'Example',
      ou: 'Sales',
      postalAddress: 'Hauptstr. 1$10115 Berlin',
      co: 'Germany',
    });
    expect(expectDraft(outcome).draft.values).toEqual({
      DISPLAY_NAME: 'Anna Berg',
      GIVEN_NAME: 'Anna',
      FAMILY_NAME: 'Berg',
      COMPANY: 'Example',
      DEPARTMENT: 'Sales',
      PRIMARY_EMAIL: 'anna@example.com',
      EMAIL: [
        { label: 'other', value: 'berg@example.com' },
        { label: 'other', value: 'a.berg@example.com' },
      ],
      PHONE: [{ label: 'work', value: '+49 30 1234567' }],
      STREET: 'Hauptstr. 1\n10115 Berlin',
      COUNTRY: 'DE',
    });
  });

  test.each<[string, Record<string, string | string[]>, object]>([
    [
      'Active Directory',
      {
        company: 'Example',
        department: 'Sales',
        employeeID: '7',
        streetAddress: 'Hauptstr. 1',
        info: 'Early bird',
        proxyAddresses: ['SMTP:anna@example.com', 'smtp:berg@example.com'],
      },
      // The merge leaves the primary address out of the others.
      {
        EMAIL: [
          { label: 'other', value: 'anna@example.com' },
          { label: 'other', value: 'berg@example.com' },
        ],
      },
    ],
    [
      'eDirectory',
      {
        company: 'Example',
        ou: 'Sales',
        workforceID: '7',
        street: 'Hauptstr. 1',
        description: 'Early bird',
        mail: 'anna@example.com',
      },
      {},
    ],
  ])('of LDAP are right for %s too, before the server was asked for its kind', (_name, person, more) => {
    expect(expectDraft(mapPerson(defaultMappings('LDAP'), { cn: 'Anna', ...person })).draft.values).toEqual({
      DISPLAY_NAME: 'Anna',
      COMPANY: 'Example',
      DEPARTMENT: 'Sales',
      EMPLOYEE_ID: '7',
      STREET: 'Hauptstr. 1',
      NOTES: 'Early bird',
      PRIMARY_EMAIL: 'anna@example.com',
      ...more,
    });
  });

  test('of ACTIVE_DIRECTORY take the primary email from mail or proxyAddresses, never from userPrincipalName', () => {
    const emailOf = (person: Record<string, string | string[]>) =>
      expectDraft(mapPerson(defaultMappings('ACTIVE_DIRECTORY'), { cn: 'Anna', ...person })).draft.values.PRIMARY_EMAIL;
    const proxyAddresses = ['smtp:b@x.de', 'SMTP:a@x.de', 'X500:/o=x'];
    expect(emailOf({ mail: 'm@x.de', proxyAddresses, userPrincipalName: 'u@x.local' })).toBe('m@x.de');
    expect(emailOf({ proxyAddresses, userPrincipalName: 'u@x.local' })).toBe('a@x.de');
    expect(emailOf({ proxyAddresses: ['X500:/o=x'], userPrincipalName: 'u@x.local' })).toBeUndefined();
  });

  test.each(['LDAP', 'ACTIVE_DIRECTORY'] as const)('of %s leave flags to people', (kind) => {
    const fields: string[] = defaultMappings(kind).map(({ field }) => field);
    expect(fields.filter((field) => /ACCESS|NOTIFICATIONS/.test(field))).toEqual([]);
  });
});
