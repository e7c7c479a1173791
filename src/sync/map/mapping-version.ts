import { hash } from 'node:crypto';
import phoneMetadata from 'libphonenumber-js/min/metadata';

/**
 * Of our own code that makes drafts of entries: transforms, normalizers, templates, put-together names. Raise it with every change
 * that makes another draft of the same entry; test/sync/map/mapping-version.test.ts tells when that is forgotten.
 */
export const mappingCodeVersion = 1;

/**
 * All that a draft depends on besides the entry and the connection's settings: our code, the numbering plans of phones, and the
 * names of countries and languages that Node brings. It is in the hash by which people are known as unchanged, so that after
 * a change of any of these everybody is mapped again.
 */
export const mappingVersionOf = (codeVersion: number, phones: unknown, names: (string | undefined)[]): string =>
  [codeVersion, hash('sha256', JSON.stringify(phones), 'hex'), ...names].join(' ');

const { icu, cldr, unicode } = process.versions;

export const mappingVersion = mappingVersionOf(mappingCodeVersion, phoneMetadata, [icu, cldr, unicode]);
