import ipaddr from 'ipaddr.js';
import type { AddressPolicy } from '../../../core/directory.ts';

type Address = ipaddr.IPv4 | ipaddr.IPv6;

/** Where clouds serve their metadata besides the link-local range. */
const metadataAddresses = new Set(['fd00:ec2::254', 'fd20:ce::254', '100.100.100.200', '168.63.129.16', '192.0.0.192']);

/**
 * Whether an IP address may be dialled: public ones always, private ones (loopback, unique local, carrier-grade NAT,
 * unspecified and whatever else is not public) by policy, link-local ones and cloud metadata never. An IPv4 address
 * within an IPv6 one (mapped, NAT64, 6to4) counts as itself.
 */
export function isAllowedAddress(text: string, policy: AddressPolicy): boolean {
  if (!ipaddr.isValid(text)) return false;
  const address = embedded(ipaddr.parse(text));
  if (isNever(address)) return false;
  if (address.range() === 'unicast' || policy.allowPrivate) return true;
  return policy.cidrs.some((cidr) => isWithin(address, cidr));
}

const isNever = (address: Address): boolean =>
  address.range() === 'linkLocal' ||
  address.range() === 'multicast' ||
  address.range() === 'broadcast' ||
  metadataAddresses.has(address.toString());

function isWithin(address: Address, cidr: string): boolean {
  const [network, bits] = ipaddr.parseCIDR(cidr);
  return network.kind() === address.kind() && address.match(network, bits);
}

/** The IPv4 address that an IPv6 one stands for, or the address itself without its zone. */
function embedded(address: Address): Address {
  if (!(address instanceof ipaddr.IPv6)) return address;
  if (address.isIPv4MappedAddress()) return address.toIPv4Address();
  const bytes = address.toByteArray();
  const range = address.range();
  if (range === 'rfc6052' || isCompatible(bytes)) return new ipaddr.IPv4(bytes.slice(12));
  if (range === '6to4') return new ipaddr.IPv4(bytes.slice(2, 6));
  return new ipaddr.IPv6(bytes);
}

/** `::1.2.3.4`, long deprecated; `::` and `::1` are not of them. */
const isCompatible = (bytes: number[]): boolean =>
  bytes.slice(0, 12).every((byte) => byte === 0) && (bytes[12] ?? 0) !== 0;
