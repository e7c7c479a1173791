import type { FieldMapping } from '../../../core/connection.ts';
import type { LdapFlavour } from '../../../core/ldap-flavour.ts';
import { type AccountFlag, flagAttributes } from './account-flags.ts';
import {
  activeDirectoryMappings,
  eDirectoryMappings,
  everywhereMappings,
  inetOrgPersonMappings,
} from './default-mappings.ts';
import { and, equal, type LdapFilter, or } from './filter/filter.ts';

/** The kind of server that a server is treated as. */
export type Flavour = Exclude<LdapFlavour, 'AUTO'>;

/**
 * How the bytes of an id become text: `text` as sent, `lower` in lower case, `guid` as 16 bytes in the order of Windows (the
 * first three groups have the lowest byte first), `guid-in-order` as 16 bytes in the order of the text.
 */
export type IdForm = 'text' | 'lower' | 'guid' | 'guid-in-order';
/** An attribute that can hold a permanent id. */
type IdAttribute = { name: string; form: IdForm };

/** The values of one attribute of the root DSE; the name may be in any case. */
type RootDseValues = (name: string) => readonly string[];

/** The properties of all servers of one kind. */
type FlavourFacts = {
  /** The name of the kind, for people. */
  label: string;
  /** Whether a root DSE is that of a server of this kind. The first row of the table that says yes decides. */
  isShownBy(rootDse: RootDseValues): boolean;
  /** Attributes that can hold a permanent id, the best first. */
  ids: readonly IdAttribute[];
  /**
   * The attributes that show that an account is disabled, or does not belong to a person. Only these are requested and
   * used.
   */
  flags: readonly AccountFlag[];
  /**
   * The flags that every account has, even an enabled one. If none of them can be seen, they are hidden from us. Empty:
   * no flag means enabled.
   */
  constantFlags: readonly AccountFlag[];
  /** The attribute that every change of an entry raises: a number for one server, or a time. */
  changeAttribute: { name: 'uSNChanged'; kind: 'number' } | { name: 'modifyTimestamp'; kind: 'time' };
  /**
   * An attribute that has another value after each change, even after two changes within a second. Left out: there is
   * no such attribute.
   */
  exactChangeAttribute?: 'entryCSN';
  /** The filter for people. */
  people: LdapFilter;
  /**
   * Whether it works like Active Directory: it maintains memberOf itself, sends members in ranges, and numbers each
   * change.
   */
  isActiveDirectory: boolean;
  /** The mapping that suits its people. New objects at each call. */
  mappings(): FieldMapping[];
};

const entryUuid: IdAttribute = { name: 'entryUUID', form: 'lower' };
/** Four groups of eight digits; not a UUID (`b1a2c3d4-11eef0a1-8b2fd2c1-1a2b3c4d`). */
const nsUniqueId: IdAttribute = { name: 'nsUniqueId', form: 'text' };
const ipaUniqueId: IdAttribute = { name: 'ipaUniqueID', form: 'lower' };
const objectGuid: IdAttribute = { name: 'objectGUID', form: 'guid' };
const eDirectoryGuid: IdAttribute = { name: 'GUID', form: 'guid-in-order' };
const ibmEntryUuid: IdAttribute = { name: 'ibm-entryUUID', form: 'lower' };

/**
 * All these servers have schemas in which people are of class `person`. The other names are for servers that do not
 * store the superclasses.
 */
const inetOrgPeople = or(['person', 'inetOrgPerson', 'organizationalPerson'].map((name) => equal('objectClass', name)));
/** Computers have the class user too, but another category. */
const activeDirectoryPeople = and([equal('objectCategory', 'person'), equal('objectClass', 'user')]);

const modifyTimestamp = { name: 'modifyTimestamp', kind: 'time' } as const;
/**
 * Each domain controller counts its own changes, and indexes this number. There modifyTimestamp is computed and not
 * indexed.
 */
const usnChanged = { name: 'uSNChanged', kind: 'number' } as const;

/** What Active Directory and Samba have in common. */
const likeActiveDirectory: Omit<FlavourFacts, 'label' | 'isShownBy'> = {
  ids: [objectGuid],
  flags: flagAttributes.filter((name) => !['nsAccountLock', 'loginDisabled', 'pwdAccountLockedTime'].includes(name)),
  // The second is that of AD LDS.
  constantFlags: ['userAccountControl', 'msDS-UserAccountDisabled'],
  changeAttribute: usnChanged,
  people: activeDirectoryPeople,
  isActiveDirectory: true,
  mappings: activeDirectoryMappings,
};

function says(rootDse: RootDseValues, name: string, words: RegExp): boolean {
  return rootDse(name).some((value) => words.test(value));
}

function isVendor(rootDse: RootDseValues, words: RegExp): boolean {
  return says(rootDse, 'vendorName', words) || says(rootDse, 'vendorVersion', words);
}

/**
 * Every kind of server, in the order in which root DSEs are tried: Samba also looks like Active Directory, and FreeIPA like 389
 * Directory Server, so they come first.
 */
export const flavours: Record<Flavour, FlavourFacts> = {
  SAMBA: {
    label: 'Samba AD',
    isShownBy: (rootDse) => isVendor(rootDse, /samba/i),
    ...likeActiveDirectory,
  },
  ACTIVE_DIRECTORY: {
    label: 'Active Directory',
    // The capabilities of a domain controller, and of AD LDS (MS-ADTS 3.1.1.3.4.3).
    isShownBy: (rootDse) =>
      rootDse('forestFunctionality').length > 0 ||
      says(rootDse, 'supportedCapabilities', /^1\.2\.840\.113556\.1\.4\.(?:800|1851)$/),
    ...likeActiveDirectory,
  },
  FREEIPA: {
    label: 'FreeIPA',
    // The attributes are hidden from accounts without rights. The extended operations of FreeIPA (arc 2.16.840.1.113730.3.8.10) are not.
    isShownBy: (rootDse) =>
      rootDse('ipaDomainLevel').length > 0 ||
      rootDse('ipaTopologyPluginVersion').length > 0 ||
      says(rootDse, 'supportedExtension', /^2\.16\.840\.1\.113730\.3\.8\.10\./),
    ids: [ipaUniqueId, nsUniqueId, entryUuid],
    flags: ['nsAccountLock'],
    constantFlags: [],
    changeAttribute: modifyTimestamp,
    // The copies of people below cn=compat do not have the class `person`.
    people: inetOrgPeople,
    isActiveDirectory: false,
    mappings: inetOrgPersonMappings,
  },
  DS389: {
    label: '389 Directory Server',
    isShownBy: (rootDse) => isVendor(rootDse, /^389[ -]|red.?hat|fedora/i),
    // Entries that were loaded while the server was off can lack entryUUID.
    ids: [nsUniqueId, entryUuid],
    flags: ['nsAccountLock'],
    constantFlags: [],
    changeAttribute: modifyTimestamp,
    people: inetOrgPeople,
    isActiveDirectory: false,
    mappings: inetOrgPersonMappings,
  },
  EDIRECTORY: {
    label: 'eDirectory',
    isShownBy: (rootDse) =>
      isVendor(rootDse, /netiq|novell|edirectory|micro focus|opentext/i) || rootDse('directoryTreeName').length > 0,
    ids: [eDirectoryGuid],
    flags: ['loginDisabled'],
    constantFlags: [],
    changeAttribute: modifyTimestamp,
    people: inetOrgPeople,
    isActiveDirectory: false,
    mappings: eDirectoryMappings,
  },
  OPENLDAP: {
    label: 'OpenLDAP',
    isShownBy: (rootDse) =>
      says(rootDse, 'objectClass', /^OpenLDAProotDSE$/i) ||
      says(rootDse, 'structuralObjectClass', /^OpenLDAProotDSE$/i),
    ids: [entryUuid],
    // OpenLDAP's own flag is only the lock of its password policy. But it can also be a proxy for another server, or
    // hold data that came from one.
    flags: flagAttributes,
    constantFlags: [],
    changeAttribute: modifyTimestamp,
    exactChangeAttribute: 'entryCSN',
    people: inetOrgPeople,
    isActiveDirectory: false,
    mappings: inetOrgPersonMappings,
  },
  OTHER: {
    label: 'LDAP server',
    isShownBy: () => true,
    // The order gives a server of any kind above the id that it has there, even if it no longer shows its kind.
    ids: [objectGuid, eDirectoryGuid, ipaUniqueId, nsUniqueId, entryUuid, ibmEntryUuid],
    flags: flagAttributes,
    constantFlags: [],
    changeAttribute: modifyTimestamp,
    people: inetOrgPeople,
    isActiveDirectory: false,
    mappings: everywhereMappings,
  },
};

/** The kind of server that a root DSE shows. */
export function recognise(rootDse: RootDseValues): Flavour {
  const known = Object.keys(flavours) as Flavour[];
  return known.find((flavour) => flavours[flavour].isShownBy(rootDse)) ?? 'OTHER';
}
