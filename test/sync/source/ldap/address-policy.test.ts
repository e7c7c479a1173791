import { describe, expect, test } from '@jest/globals';
import { isAllowedAddress } from '../../../../src/sync/source/ldap/address-policy.ts';

const none = { allowPrivate: false, cidrs: [] };
const all = { allowPrivate: true, cidrs: [] };

describe('public addresses are always allowed', () => {
  test.each(['93.184.216.34', '8.8.8.8', '2606:2800:220:1::1', '::ffff:8.8.8.8'])('%s', (address) => {
    expect(isAllowedAddress(address, none)).toBe(true);
  });
});

describe('private addresses are allowed by policy only', () => {
  test.each([
    '10.0.0.1',
    '172.16.3.4',
    '192.168.1.1',
    '127.0.0.1',
    '0.0.0.0',
    '100.64.0.1',
    '192.0.2.1',
    '198.18.0.1',
    '240.0.0.1',
    '::1',
    '::',
    'fc00::1',
    'fd12:3456::1',
    '::ffff:10.0.0.1',
    '::ffff:127.0.0.1',
    '64:ff9b::10.0.0.1',
    '2002:0a00:0001::1',
    '2001:db8::1',
  ])('%s', (address) => {
    expect(isAllowedAddress(address, none)).toBe(false);
    expect(isAllowedAddress(address, all)).toBe(true);
  });
});

describe('link-local addresses and cloud metadata are never allowed', () => {
  test.each([
    '169.254.169.254',
    '169.254.0.1',
    'fe80::1',
    'fe80::1%eth0',
    '::ffff:169.254.169.254',
    '64:ff9b::a9fe:a9fe',
    '2002:a9fe:a9fe::1',
    'fd00:ec2::254',
    '100.100.100.200',
    '168.63.129.16',
    '224.0.0.1',
    '255.255.255.255',
    'ff02::1',
  ])('%s', (address) => {
    expect(isAllowedAddress(address, all)).toBe(false);
    expect(isAllowedAddress(address, { allowPrivate: true, cidrs: ['0.0.0.0/0', '::/0'] })).toBe(false);
  });
});

test('a list of networks allows what lies in them', () => {
  const policy = { allowPrivate: false, cidrs: ['10.1.0.0/16', 'fd12::/16'] };
  expect(isAllowedAddress('10.1.2.3', policy)).toBe(true);
  expect(isAllowedAddress('::ffff:10.1.2.3', policy)).toBe(true);
  expect(isAllowedAddress('10.2.0.1', policy)).toBe(false);
  expect(isAllowedAddress('fd12::5', policy)).toBe(true);
  expect(isAllowedAddress('fd13::5', policy)).toBe(false);
});

test('what is no address is not allowed', () => {
  expect(isAllowedAddress('ldap.example.com', all)).toBe(false);
});
