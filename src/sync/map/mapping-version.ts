import { hash } from 'node:crypto';
import phoneMetadata from 'libphonenumber-js/min/metadata';
import { version as liquid } from 'liquidjs';

/**
 * Of our own code between an entry's bytes and a contact: how values become text (sync/source/<kind>), all of sync/map with its
 * defaults, the name put together (core/display-name.ts), and the primary email listed once (core/other-emails.ts, also as
 * sync/plan/merge.ts takes it). Raise it with every change by which the same entry comes to other values;
 * test/sync/map/mapping-version.test.ts tells when that is forgotten.
 */
export const mappingCodeVersion = 1;

/** The release whose code reads phone numbers, which the package doesn't tell at run time; a test holds it against what is installed. */
export const phoneLibrary = '1.13.16';

/**
 * All that a draft depends on besides the entry and the connection's settings: our code, the numbering plans of phones, and
 * `suppliers`: the libraries' code, and the letters, names of countries and months, and time zones that Node brings. It is in the hash by which people are known as unchanged, so that after
 * a change of any of these everybody is mapped again.
 */
export function mappingVersionOf(codeVersion: number, phones: unknown, suppliers: (string | undefined)[]): string {
  return [codeVersion, hash('sha256', JSON.stringify(phones), 'hex'), ...suppliers].join(' ');
}

const { icu, cldr, unicode, tz } = process.versions;

export const mappingVersion = mappingVersionOf(mappingCodeVersion, phoneMetadata, [
  phoneLibrary,
  liquid,
  icu,
  cldr,
  unicode,
  tz,
]);
