import { hash } from 'node:crypto';
import phoneMetadata from 'libphonenumber-js/min/metadata';
import { version as liquid } from 'liquidjs';

/**
 * The version of our own code between an entry's bytes and a contact: how values become text (sync/source/<kind>),
 * sync/map with its defaults, and the names and primary emails of core/contact.ts, which sync/plan/merge.ts also uses.
 * Raise it with every change after which the same entry gives other values. test/sync/map/mapping-version.test.ts fails
 * if that was forgotten.
 */
export const mappingCodeVersion = 1;

/**
 * The version of libphonenumber-js, which the package does not report at run time. A test compares it with the
 * installed one.
 */
export const phoneLibrary = '1.13.16';

/**
 * Everything that a draft depends on besides the entry and the connection's settings: our code, the phone numbering plans, and
 * `suppliers`: the versions of libraries and of Node's data (letters, names of countries and months, time zones). It is part of
 * each person's hash, so that everybody is mapped again when any of these changes.
 */
export function mappingVersionOf(codeVersion: number, phones: unknown, suppliers: (string | undefined)[]): string {
  return [codeVersion, hash('sha256', JSON.stringify(phones), 'hex'), ...suppliers].join(' ');
}

const { icu, cldr, unicode, tz } = process.versions;

/** The mapping version of this process. */
export const mappingVersion = mappingVersionOf(mappingCodeVersion, phoneMetadata, [
  phoneLibrary,
  liquid,
  icu,
  cldr,
  unicode,
  tz,
]);
