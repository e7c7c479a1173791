/** RFC 5321 4.5.3.1, with the path's angle brackets taken off; octets. */
const LONGEST_ADDRESS = 254;
const LONGEST_LOCAL_PART = 64;

const atext = "[a-zA-Z0-9!#$%&'*+/=?^_`{|}~\\u0080-\\u{10ffff}-]+";
const quotedLocal = '"(?:[^"\\\\\\u0000-\\u001f\\u007f\\s]|\\\\[!-~\\u0080-\\u{10ffff}])*"';
const label = '[a-zA-Z0-9\\u0080-\\u{10ffff}](?:[a-zA-Z0-9\\u0080-\\u{10ffff}-]{0,61}[a-zA-Z0-9\\u0080-\\u{10ffff}])?';
const shape = new RegExp(`^(?:${atext}(?:\\.${atext})*|${quotedLocal})@${label}(?:\\.${label})*$`, 'u');

const ascii = /^[\0-\x7f]*$/;
/** Spaces, controls, invisible characters and halves of surrogate pairs are letters in no alphabet (RFC 6532, EAI). */
const neverInAddress = /[\s\p{C}\p{Z}]/u;

function octets(text: string): number {
  return ascii.test(text) ? text.length : new TextEncoder().encode(text).length;
}

/**
 * Whether a text has the shape of a mailbox of RFC 5321: one @ (but for a quoted local part), a dot-atom or a quoted
 * string before it, domain labels after it, no spaces, at most 254 octets. Letters beyond ASCII are allowed (RFC 6531);
 * address literals (`[192.0.2.1]`) are not.
 */
export function isEmailAddress(text: string): boolean {
  if (text.length > LONGEST_ADDRESS || !shape.test(text)) return false;
  if (text.lastIndexOf('@') > LONGEST_LOCAL_PART) return false;
  return ascii.test(text) || (!neverInAddress.test(text) && octets(text) <= LONGEST_ADDRESS);
}

const otherKindOfAddress = /^[a-zA-Z][a-zA-Z0-9]*:/;

/** The primary one of an Exchange `proxyAddresses`, whose values are `SMTP:primary`, `smtp:other`, `X500:/o=…`. */
export function isPrimaryProxyAddress(value: string): boolean {
  return value.startsWith('SMTP:');
}

/** The email address in a value of `proxyAddresses` or of a plain attribute; empty for addresses that are no emails. */
export function cutAddressPrefix(value: string): string {
  if (!value.includes(':')) return value;
  if (/^smtp:/i.test(value)) return value.slice('smtp:'.length).trim();
  return otherKindOfAddress.test(value) ? '' : value;
}
