/** The longest address in octets: RFC 5321 4.5.3.1, without the angle brackets of a path. */
const LONGEST_ADDRESS = 254;
const LONGEST_LOCAL_PART = 64;

const atext = "[a-zA-Z0-9!#$%&'*+/=?^_`{|}~\\u0080-\\u{10ffff}-]+";
const quotedLocal = '"(?:[^"\\\\\\u0000-\\u001f\\u007f\\s]|\\\\[!-~\\u0080-\\u{10ffff}])*"';
const label = '[a-zA-Z0-9\\u0080-\\u{10ffff}](?:[a-zA-Z0-9\\u0080-\\u{10ffff}-]{0,61}[a-zA-Z0-9\\u0080-\\u{10ffff}])?';
const shape = new RegExp(`^(?:${atext}(?:\\.${atext})*|${quotedLocal})@${label}(?:\\.${label})*$`, 'u');

const ascii = /^[\0-\x7f]*$/;
/** Spaces, controls, invisible characters and half surrogate pairs are no letters in any alphabet (RFC 6532, EAI). */
const neverInAddress = /[\s\p{C}\p{Z}]/u;

function octets(text: string): number {
  return ascii.test(text) ? text.length : new TextEncoder().encode(text).length;
}

/**
 * Whether a text has the form of an RFC 5321 mailbox: a dot-atom or a quoted string, one @, domain labels; no spaces, at most
 * 254 octets. Letters beyond ASCII are allowed (RFC 6531), address literals (`[192.0.2.1]`) are not.
 */
export function isEmailAddress(text: string): boolean {
  if (text.length > LONGEST_ADDRESS || !shape.test(text)) return false;
  if (text.lastIndexOf('@') > LONGEST_LOCAL_PART) return false;
  return ascii.test(text) || (!neverInAddress.test(text) && octets(text) <= LONGEST_ADDRESS);
}
