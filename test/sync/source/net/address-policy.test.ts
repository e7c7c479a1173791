import { describe, expect, test } from '@jest/globals';
import { isAllowedAddress } from '../../../../src/sync/source/net/address-policy.ts';

const none = { allowPrivate: false, cidrs: [] };
const all = { allowPrivate: true, cidrs: [] };

describe('public addresses are always allowed', () => {
  test.each([
    '93.184.216.34',
    '8.8.8.8',
    '2606:2800:220:1::1',
    '2a00:1450:4001:81c::200e',
    '::ffff:8.8.8.8',
    '::ffff:0:8.8.8.8',
    '64:ff9b::8.8.8.8',
    '2002:808:808::1',
  ])('%s', (address) => {
    expect(isAllowedAddress(address, none)).toBe(true);
  });
});

describe('private addresses are allowed only by policy', () => {
  test.each([
    '10.0.0.1',
    '172.16.3.4',
    '192.168.1.1',
    '127.0.0.1',
    '127.255.0.1',
    '0.0.0.0',
    '0.1.2.3',
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
    '::10.0.0.1',
    // IPv4-translated (SIIT).
    '::ffff:0:10.0.0.1',
    '::ffff:0:127.0.0.1',
    // Teredo: its server, and the host behind it with all bits inverted (10.0.0.1).
    '2001:0:7f00:1:0:0:f7f7:f7f7',
    '2001:0:808:808:0:0:f5ff:fffe',
    // Local-use NAT64.
    '64:ff9b:1::8.8.8.8',
    '64:ff9b:1::10.0.0.1',
    '64:ff9b:2::1',
    // ISATAP of 10.0.0.1.
    '2606:2800:220:1:0:5efe:10.0.0.1',
    '2606:2800:220:1:200:5efe:10.0.0.1',
    '2001:db8::1',
    '3fff::1',
    '5f00::1',
    '100::1',
    'fec0::1',
    '2001:2::1',
    '2001:20::1',
    '4000::1',
    '192.0.0.8',
    '192.88.99.1',
    '203.0.113.5',
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
    '64:ff9b:1::a9fe:a9fe',
    '64:ff9b:1:a9fe:a9:fe00::',
    '64:ff9b:1:a9:fe:a9fe::',
    '64:ff9b:1:0:a9:fea9:fe00::',
    '2002:a9fe:a9fe::1',
    '::ffff:0:169.254.169.254',
    '::169.254.169.254',
    '2001:0:a9fe:a9fe::f7f7:f7f7',
    '2001:0:808:808:0:0:5601:5601',
    'fe80::5efe:8.8.8.8',
    '2606:2800:220:1:0:5efe:169.254.169.254',
    'fd00:ec2::253',
    'fd00:ec2:1::1',
    'fd20:ce::254',
    '192.0.0.192',
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

test('a list of networks allows the addresses in them', () => {
  const policy = { allowPrivate: false, cidrs: ['10.1.0.0/16', 'fd12::/16'] };
  expect(isAllowedAddress('10.1.2.3', policy)).toBe(true);
  expect(isAllowedAddress('::ffff:10.1.2.3', policy)).toBe(true);
  expect(isAllowedAddress('10.2.0.1', policy)).toBe(false);
  expect(isAllowedAddress('fd12::5', policy)).toBe(true);
  expect(isAllowedAddress('fd13::5', policy)).toBe(false);
});

test('a text that is no address is not allowed', () => {
  expect(isAllowedAddress('ldap.example.com', all)).toBe(false);
});

test('a list of networks must contain all addresses to which an address may lead', () => {
  const policy = { allowPrivate: false, cidrs: ['10.0.0.0/8', '64:ff9b:1::/48', '0.0.0.0/8'] };
  expect(isAllowedAddress('64:ff9b::10.0.0.1', policy)).toBe(true);
  expect(isAllowedAddress('64:ff9b:1::10.0.0.1', policy)).toBe(true);
  expect(isAllowedAddress('64:ff9b:1::192.168.0.1', policy)).toBe(false);
  expect(isAllowedAddress('2001:0:a00:1:0:0:f5ff:fffe', policy)).toBe(true);
  expect(isAllowedAddress('2001:0:a00:1:0:0:3f57:fffe', policy)).toBe(false);
});
