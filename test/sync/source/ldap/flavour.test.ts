import { describe, expect, test } from '@jest/globals';
import { flavours, recognise } from '../../../../src/sync/source/ldap/flavour.ts';

/** Root DSEs of real servers, reduced to what identifies them. Names are in lower case. */
const rootDses: Record<string, Record<string, string[]>> = {
  'OpenLDAP 2.5': { objectclass: ['top', 'OpenLDAProotDSE'] },
  'OpenLDAP that hides objectClass': { structuralobjectclass: ['OpenLDAProotDSE'] },
  '389 Directory Server 2.3': { vendorname: ['389 Project'], vendorversion: ['389-Directory/2.3.1 B2023.017.0000'] },
  'Red Hat Directory Server 11': { vendorname: ['Red Hat, Inc.'], vendorversion: ['Red-Hat-Directory/11.3'] },
  'FreeIPA for an administrator': {
    vendorname: ['389 Project'],
    vendorversion: ['389-Directory/2.4.5'],
    ipatopologypluginversion: ['1.0'],
  },
  'FreeIPA for an ordinary account': {
    vendorname: ['389 Project'],
    vendorversion: ['389-Directory/1.4.3.39'],
    supportedextension: ['1.3.6.1.4.1.4203.1.11.3', '2.16.840.1.113730.3.8.10.5'],
  },
  'Windows Server 2022': { forestfunctionality: ['7'], dsservicename: ['CN=NTDS Settings,CN=DC1'] },
  'Active Directory Lightweight Directory Services': { supportedcapabilities: ['1.2.840.113556.1.4.1851'] },
  'Samba 4.17': { vendorname: ['Samba Team (https://www.samba.org)'], forestfunctionality: ['4'] },
  'eDirectory 9.2': {
    vendorname: ['NetIQ Corporation'],
    vendorversion: ['LDAP Agent for NetIQ eDirectory 9.2.3 (40203.89) 389'],
  },
  'eDirectory that hides its vendor': { directorytreename: ['ACME_TREE'] },
  'OpenDJ, which is none of them': { vendorname: ['ForgeRock AS.'], vendorversion: ['OpenDJ 4.5.0'] },
  'a server that shows nothing': {},
};

test.each([
  ['OpenLDAP 2.5', 'OPENLDAP'],
  ['OpenLDAP that hides objectClass', 'OPENLDAP'],
  ['389 Directory Server 2.3', 'DS389'],
  ['Red Hat Directory Server 11', 'DS389'],
  ['FreeIPA for an administrator', 'FREEIPA'],
  ['FreeIPA for an ordinary account', 'FREEIPA'],
  ['Windows Server 2022', 'ACTIVE_DIRECTORY'],
  ['Active Directory Lightweight Directory Services', 'ACTIVE_DIRECTORY'],
  ['Samba 4.17', 'SAMBA'],
  ['eDirectory 9.2', 'EDIRECTORY'],
  ['eDirectory that hides its vendor', 'EDIRECTORY'],
  ['OpenDJ, which is none of them', 'OTHER'],
  ['a server that shows nothing', 'OTHER'],
])('%s is recognised as %s', (name, flavour) => {
  expect(recognise((attribute) => rootDses[name]?.[attribute.toLowerCase()] ?? [])).toBe(flavour);
});

describe('every kind of server', () => {
  test.each(Object.entries(flavours))('%s has an id, a flag and a mapping with names and addresses', (_name, facts) => {
    expect(facts.ids.length).toBeGreaterThan(0);
    expect(facts.flags.length).toBeGreaterThan(0);
    expect(facts.mappings().map(({ field }) => field)).toEqual(
      expect.arrayContaining(['DISPLAY_NAME', 'PRIMARY_EMAIL', 'PHONE', 'DEPARTMENT']),
    );
  });

  test('has its own mapping within the one of new LDAP connections, which is right before a server was asked', () => {
    const everywhere = flavours.OTHER.mappings();
    for (const { mappings } of Object.values(flavours)) {
      for (const { field, label, attributes } of mappings()) {
        if (label === 'other' && field === 'PHONE') continue;
        const same = everywhere.find((one) => one.field === field && one.label === label);
        expect(same?.attributes).toEqual(expect.arrayContaining(attributes));
      }
    }
  });
});
