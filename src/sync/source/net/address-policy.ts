import ipaddr from 'ipaddr.js';
import type { AddressPolicy } from '../../../core/source-session.ts';

type Address = ipaddr.IPv4 | ipaddr.IPv6;

/** Addresses of cloud metadata services outside the link-local range. */
const metadataNetworks = [
  'fd00:ec2::/32',
  'fd20:ce::254/128',
  '100.100.100.200/32',
  '168.63.129.16/32',
  '192.0.0.192/32',
];

/** All public IPv6 addresses are in here (RFC 4291). The rest is reserved, special or unused. */
const globalIPv6 = '2000::/3';

/**
 * Local-use NAT64 (RFC 8215). The network decides to which IPv4 addresses it leads. It can't be reached from outside.
 */
const localNat64 = '64:ff9b:1::/48';

/**
 * Whether the service may connect to an IP address. Public ones: always. Private ones (loopback, unique local,
 * carrier-grade NAT, unspecified and everything else that is not public): by policy. Link-local ones and cloud
 * metadata: never. An IPv6 address that leads to an IPv4 address (mapped, translated, NAT64, 6to4, Teredo, ISATAP)
 * counts as that address. If the IPv4 address can be in several positions, the address in each position must be
 * allowed.
 */
export function isAllowedAddress(text: string, policy: AddressPolicy): boolean {
  if (!ipaddr.isValid(text)) return false;
  const written = withoutZone(ipaddr.parse(text));
  const targets = targetsOf(written);
  if ([written, ...targets].some(isNever)) return false;
  return targets.every((address) => isPublic(address) || policy.allowPrivate || isListed(address, policy));
}

function isListed(address: Address, { cidrs }: AddressPolicy): boolean {
  return cidrs.some((cidr) => isWithin(address, cidr));
}

function isPublic(address: Address): boolean {
  return address.range() === 'unicast' && (address.kind() === 'ipv4' || isWithin(address, globalIPv6));
}

function isNever(address: Address): boolean {
  return (
    address.range() === 'linkLocal' ||
    address.range() === 'multicast' ||
    address.range() === 'broadcast' ||
    metadataNetworks.some((network) => isWithin(address, network))
  );
}

function isWithin(address: Address, cidr: string): boolean {
  const [network, bits] = ipaddr.parseCIDR(cidr);
  return network.kind() === address.kind() && address.match(network, bits);
}

function withoutZone(address: Address): Address {
  return address instanceof ipaddr.IPv6 ? new ipaddr.IPv6(address.toByteArray()) : address;
}

/** Where an address leads: the IPv4 addresses that an IPv6 one holds, or the address itself. */
function targetsOf(address: Address): Address[] {
  if (!(address instanceof ipaddr.IPv6)) return [address];
  const bytes = address.toByteArray();
  const at = (...places: number[]): ipaddr.IPv4 => new ipaddr.IPv4(places.map((place) => bytes[place] ?? 0));
  const last = at(12, 13, 14, 15);
  const range = address.range();
  if (isWithin(address, localNat64)) {
    // The prefix can have any length of RFC 6052. The IPv4 address comes right after it.
    return [address, last, at(6, 7, 9, 10), at(7, 9, 10, 11), at(9, 10, 11, 12)];
  }
  if (range === 'ipv4Mapped' || range === 'rfc6145' || range === 'rfc6052' || isCompatible(bytes)) return [last];
  if (range === '6to4') return [at(2, 3, 4, 5)];
  // The Teredo server, and the host behind it, whose bits are inverted.
  if (range === 'teredo') return [at(4, 5, 6, 7), new ipaddr.IPv4(bytes.slice(12).map((byte) => byte ^ 0xff))];
  return isIsatap(bytes) ? [address, last] : [address];
}

/** The deprecated form `::1.2.3.4`, without `::` and `::1`. */
function isCompatible(bytes: number[]): boolean {
  return bytes.slice(0, 12).every((byte) => byte === 0) && (bytes[12] ?? 0) !== 0;
}

/** An interface id of `0000:5efe` or `0200:5efe` and an IPv4 address (RFC 5214). */
function isIsatap(bytes: number[]): boolean {
  return (bytes[8] === 0 || bytes[8] === 2) && bytes[9] === 0 && bytes[10] === 0x5e && bytes[11] === 0xfe;
}
