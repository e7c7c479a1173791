import { saidText } from '../../../core/outside-text.ts';
import { type RawEntry, textsOf } from './read-entries.ts';

/** The kinds of LDAP server that need different treatment. */
export type Flavour = 'OPENLDAP' | 'DS389' | 'FREEIPA' | 'ACTIVE_DIRECTORY' | 'SAMBA' | 'EDIRECTORY' | 'OTHER';

/** What the server says about itself. */
export type ServerInfo = {
  flavour: Flavour;
  /** For people to read, e.g. `OpenLDAP`. */
  label: string;
  namingContexts: string[];
  controls: ReadonlySet<string>;
  extensions: ReadonlySet<string>;
  /** The same text means the same server. It must not change during a read. */
  identity: string;
};

/** The attributes of the rootDSE that `serverInfo` reads. */
export const rootDseAttributes = [
  'objectClass',
  'structuralObjectClass',
  'vendorName',
  'vendorVersion',
  'namingContexts',
  'supportedControl',
  'supportedExtension',
  'supportedCapabilities',
  'forestFunctionality',
  'dsServiceName',
  'dnsHostName',
  'ipaDomainLevel',
  'ipatopologypluginversion',
];

const labels: Record<Flavour, string> = {
  OPENLDAP: 'OpenLDAP',
  DS389: '389 Directory Server',
  FREEIPA: 'FreeIPA',
  ACTIVE_DIRECTORY: 'Active Directory',
  SAMBA: 'Samba AD',
  EDIRECTORY: 'eDirectory',
  OTHER: 'LDAP server',
};

/** Recognises the server by its rootDSE. Null: the server shows none. */
export function serverInfo(rootDse: RawEntry | null): ServerInfo {
  const values = (name: string): string[] => (rootDse === null ? [] : textsOf(rootDse, name));
  const flavour = recognise(values);
  const vendor = values('vendorName')[0];
  return {
    flavour,
    label: flavour === 'OTHER' && vendor !== undefined ? saidText(vendor) : labels[flavour],
    namingContexts: values('namingContexts').filter((dn) => dn !== ''),
    controls: new Set(values('supportedControl')),
    extensions: new Set(values('supportedExtension')),
    identity: [flavour, ...values('dsServiceName'), ...values('dnsHostName'), ...values('vendorVersion')].join('|'),
  };
}

function recognise(values: (name: string) => string[]): Flavour {
  const vendor = `${values('vendorName').join(' ')} ${values('vendorVersion').join(' ')}`;
  const classes = [...values('objectClass'), ...values('structuralObjectClass')].map((name) => name.toLowerCase());
  if (/samba/i.test(vendor)) return 'SAMBA';
  if (values('forestFunctionality').length > 0 || values('supportedCapabilities').includes('1.2.840.113556.1.4.800'))
    return 'ACTIVE_DIRECTORY';
  if (values('ipaDomainLevel').length > 0 || values('ipatopologypluginversion').length > 0) return 'FREEIPA';
  if (/389|red hat|fedora/i.test(vendor)) return 'DS389';
  if (/netiq|novell|edirectory|micro focus|opentext/i.test(vendor)) return 'EDIRECTORY';
  return classes.includes('openldaprootdse') ? 'OPENLDAP' : 'OTHER';
}

/** By kind of server: attributes that can hold a permanent id, the best first. */
export const idCandidates: Record<Flavour, readonly string[]> = {
  OPENLDAP: ['entryUUID'],
  DS389: ['nsUniqueId', 'entryUUID'],
  FREEIPA: ['ipaUniqueID', 'nsUniqueId', 'entryUUID'],
  ACTIVE_DIRECTORY: ['objectGUID'],
  SAMBA: ['objectGUID'],
  EDIRECTORY: ['GUID'],
  OTHER: ['entryUUID', 'objectGUID', 'nsUniqueId', 'ipaUniqueID', 'GUID', 'ibm-entryUUID'],
};
