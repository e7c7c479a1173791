import type { LdapFlavour } from '../../../core/ldap-flavour.ts';
import { saidText } from '../../../core/outside-text.ts';
import { allowances } from './answer-limits.ts';
import { encodeFilter, present } from './filter/filter.ts';
import { type Flavour, flavours, recognise } from './flavour.ts';
import type { LdapConnection } from './ldap-connection.ts';
import type { LdapSettings } from './ldap-settings.ts';
import { type RawEntry, readEntries, textsOf } from './read-entries.ts';

/** What a server can offer beyond plain searches: a control or an extended operation, by its OID. */
export const features = {
  paging: '1.2.840.113556.1.4.319',
  /** RFC 4533: changes since a cookie, and then as they come. */
  contentSync: '1.3.6.1.4.1.4203.1.9.1.1',
  /** 389 Directory Server and others: changes as they come. */
  persistentSearch: '2.16.840.1.113730.3.4.3',
  /** Active Directory: changes as they come. */
  changeNotification: '1.2.840.113556.1.4.528',
  /** Active Directory: changes of a whole naming context since a cookie. */
  dirSync: '1.2.840.113556.1.4.841',
  showDeleted: '1.2.840.113556.1.4.417',
  /** Active Directory: no references to other servers. */
  domainScope: '1.2.840.113556.1.4.1339',
  startTls: '1.3.6.1.4.1.1466.20037',
  whoAmI: '1.3.6.1.4.1.4203.1.11.3',
} as const;

export type Feature = keyof typeof features;

/** The server's properties, and the kind that it is treated as. */
export type ServerInfo = {
  /** The kind that the settings name, or else the one that the root DSE shows. */
  flavour: Flavour;
  /** The kind that the root DSE shows. Null: the root DSE can't be read. */
  recognised: Flavour | null;
  /** The name of the server, for people, e.g. `OpenLDAP`. */
  label: string;
  namingContexts: string[];
  controls: ReadonlySet<string>;
  extensions: ReadonlySet<string>;
  /** The features that it offers. Empty when the root DSE can't be read. */
  supports: ReadonlySet<Feature>;
  /** Active Directory: the DN of its settings, which hold its invocationId. Null elsewhere; so is `highestUsn`. */
  serviceDn: string | null;
  /** Active Directory: the number of its last change, when the root DSE was read. */
  highestUsn: string | null;
  /** The base of the change log of 389 Directory Server. Null: there is none, or it is hidden. */
  changeLogDn: string | null;
  /** The same text means the same server. It must not change during a read. */
  identity: string;
};

/** The attributes of the root DSE that `serverInfo` reads. */
const rootDseAttributes = [
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
  'highestCommittedUSN',
  'ipaDomainLevel',
  'ipaTopologyPluginVersion',
  'directoryTreeName',
  'changelog',
];

/** Recognises the server by its root DSE. `rootDse` is null when it can't be read. `wanted` other than AUTO wins. */
function serverInfo(rootDse: RawEntry | null, wanted: LdapFlavour): ServerInfo {
  const values = (name: string): string[] => (rootDse === null ? [] : textsOf(rootDse, name));
  const recognised = rootDse === null ? null : recognise(values);
  const flavour = wanted === 'AUTO' ? (recognised ?? 'OTHER') : wanted;
  const vendor = values('vendorName')[0];
  const [controls, extensions] = [new Set(values('supportedControl')), new Set(values('supportedExtension'))];
  const offered = (feature: Feature): boolean => controls.has(features[feature]) || extensions.has(features[feature]);
  return {
    flavour,
    recognised,
    label: flavour === 'OTHER' && vendor !== undefined ? saidText(vendor) : flavours[flavour].label,
    namingContexts: values('namingContexts').filter((dn) => dn !== ''),
    controls,
    extensions,
    supports: new Set((Object.keys(features) as Feature[]).filter(offered)),
    serviceDn: values('dsServiceName')[0] ?? null,
    highestUsn: values('highestCommittedUSN')[0] ?? null,
    changeLogDn: values('changelog')[0] ?? null,
    identity: [recognised, ...values('dsServiceName'), ...values('dnsHostName'), ...values('vendorVersion')].join('|'),
  };
}

/** Reads the root DSE and recognises the server. A root DSE without attributes is hidden. */
export async function readServerInfo(
  connection: LdapConnection,
  { flavour }: Pick<LdapSettings, 'flavour'>,
): Promise<ServerInfo> {
  const filter = encodeFilter(present('objectClass'));
  const { entries } = await readEntries(connection, {
    baseDn: '',
    scope: 'base',
    filter,
    attributes: rootDseAttributes,
    allowance: allowances.entry,
  });
  const [rootDse = null] = entries;
  return serverInfo(rootDse === null || rootDse.attributes.size === 0 ? null : rootDse, flavour);
}

/** Asks only servers that offer it: Samba would answer "protocol error", even after a successful bind. */
export async function whoAmI(connection: LdapConnection, server: ServerInfo): Promise<string | null> {
  return server.supports.has('whoAmI') ? await connection.whoAmI() : null;
}
