import type { FieldMapping, RemovalPolicy } from '../../src/core/connection.ts';
import type { ContactField } from '../../src/core/contact.ts';
import type { RunCounts } from '../../src/core/run.ts';
import type { LdifEntry } from '../support/ldap-ldif.ts';

/** The base DN of the people that `somebody` makes. */
export const unit: LdifEntry = {
  dn: 'ou=people,dc=example,dc=org',
  attributes: { objectClass: 'organizationalUnit', ou: 'people' },
};

export const dn = (uid: string): string => `uid=${uid},ou=people,dc=example,dc=org`;

export const somebody = (uid: string, attributes: LdifEntry['attributes'] = {}): LdifEntry => ({
  dn: dn(uid),
  attributes: {
    objectClass: 'inetOrgPerson',
    uid,
    cn: uid,
    sn: uid,
    displayName: uid.toUpperCase(),
    mail: `${uid}@example.org`,
    ...attributes,
  },
});

export const map = (field: ContactField, attribute: string, changes: Partial<FieldMapping> = {}): FieldMapping => ({
  field,
  label: null,
  attributes: [attribute],
  template: null,
  value: null,
  transforms: [],
  policy: 'ALWAYS',
  whenEmpty: 'CLEAR',
  ...changes,
});

export const removal = (changes: Partial<RemovalPolicy> = {}): RemovalPolicy => ({
  action: 'DEACTIVATE',
  graceDays: 0,
  maxPercent: 100,
  maxCount: null,
  maxEmptiedPercent: 30,
  ...changes,
});

/** The counts whose sum must be `inScope`. */
export const sumOf = ({ created, updated, linked, reactivated, unchanged, skipped, failed }: RunCounts): number =>
  created + updated + linked + reactivated + unchanged + skipped + failed;

/** Repeatable random numbers (a linear congruential generator). */
export const dice = (seed: number) => {
  let state = seed;
  return (sides: number): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return Math.floor((state / 2 ** 32) * sides);
  };
};
