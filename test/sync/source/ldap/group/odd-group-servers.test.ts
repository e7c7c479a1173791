import { expect, test } from '@jest/globals';
import { done, entry, startFakeServer } from '../../../../support/ldap-fake-server.ts';
import { ldapSettings, readEverybody } from '../../../../support/ldap-reading.ts';

const classOf = (members: string): string[] => [
  "( 2.5.6.6 NAME 'person' SUP top STRUCTURAL MUST ( sn $ cn ) )",
  `( 2.5.6.9 NAME ( 'groupOfNames' 'names' ) DESC 'RFC2256: a group' SUP top STRUCTURAL ${members} )`,
];

test.each<[string, string[], boolean]>([
  ['that must have one can not be read', classOf('MUST ( member $ cn ) MAY ( description $ owner )'), false],
  ['that must have one can not be read, nor can the schema', [], false],
  ['that needs none is empty', classOf('MUST cn MAY ( member $ owner )'), true],
])('an OpenLDAP group without members %s', async (_name, objectClasses, complete) => {
  const server = await startFakeServer({
    rootDse: {
      objectClass: ['OpenLDAProotDSE'],
      supportedControl: ['1.2.840.113556.1.4.319'],
      subschemaSubentry: ['cn=Subschema'],
    },
    base: ({ id, baseDn }) => [
      entry(id, baseDn, baseDn === 'cn=Subschema' ? { objectClasses } : { objectClass: 'groupOfNames' }),
      done(id),
    ],
    search: ({ id }) => [done(id, { cookie: '' })],
  });
  try {
    const { summary } = await readEverybody(ldapSettings(server), { scope: { groups: ['cn=staff'] } });
    expect(summary.complete).toBe(complete);
  } finally {
    await server.close();
  }
});

test.each<[string, number, boolean]>([
  ['that the account may not see hides no groups', 50, true],
  ['that is busy may hold groups', 51, false],
])('a naming context %s', async (_name, code, complete) => {
  const member = Array.from({ length: 60 }, (_, i) => `uid=u${i},dc=x`);
  const server = await startFakeServer({
    rootDse: { supportedControl: ['1.2.840.113556.1.4.319'], namingContexts: ['dc=x', 'cn=log'] },
    base: ({ id, baseDn }) =>
      baseDn === 'cn=log'
        ? [done(id, { code })]
        : [entry(id, baseDn, { objectClass: 'groupOfNames', member }), done(id)],
    search: ({ id, baseDn }) => [done(id, baseDn === 'cn=log' ? { code } : { cookie: '' })],
  });
  try {
    const scope = { groups: ['cn=staff,dc=x'], nestedGroups: true };
    const { summary } = await readEverybody(ldapSettings(server, { baseDns: ['dc=x'] }), { scope });
    expect(summary.complete).toBe(complete);
  } finally {
    await server.close();
  }
});
