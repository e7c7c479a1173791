const otherKindOfAddress = /^[a-zA-Z][a-zA-Z0-9]*:/;

/** Whether it is the primary address of Exchange's `proxyAddresses`: `SMTP:primary`, `smtp:other`, `X500:/o=…`. */
export function isPrimaryProxyAddress(value: string): boolean {
  return value.startsWith('SMTP:');
}

/** The email address in a value of `proxyAddresses` or of any other attribute; empty for an address of another type. */
export function cutAddressPrefix(value: string): string {
  if (!value.includes(':')) return value;
  if (/^smtp:/i.test(value)) return value.slice('smtp:'.length).trim();
  return otherKindOfAddress.test(value) ? '' : value;
}
