import type { FieldMapping, Secrets } from '../../../core/connection.ts';
import type { OpenOptions, SourceSession } from '../../../core/source-session.ts';
import { everybody } from '../defaults.ts';
import type { SourceModule } from '../source-module.ts';
import { attributeFault, normalName } from './attribute-name.ts';
import { checkScope } from './check-scope.ts';
import { checkSettings } from './check-settings.ts';
import { countOutside } from './count-outside.ts';
import { activeDirectoryMappings, everywhereMappings } from './default-mappings.ts';
import { canonicalDn } from './dn.ts';
import { findPerson } from './find-person.ts';
import { findPhoto } from './find-photo.ts';
import { flavours } from './flavour.ts';
import { activeDirectoryForm, type LdapSettings, ldapForm, ldapSettings } from './ldap-settings.ts';
import { lookUpPeople } from './look-up-people.ts';
import { checkBase, reach } from './reach.ts';
import { readNamed } from './read-named.ts';
import { samplePeople } from './sample-people.ts';
import { planOnce } from './scope-plan.ts';
import { searchPeople } from './search-people.ts';
import { settleDirectory } from './settle-directory.ts';
import { testDirectory } from './test-directory.ts';
import { watchDirectory } from './watch/watch-directory.ts';

type Kind = Pick<SourceModule<LdapSettings>, 'kind' | 'label' | 'description' | 'form'> & {
  /** The mappings of a new connection whose settings name no flavour. */
  mappings(): FieldMapping[];
};

/** All kinds of LDAP servers. The flavour comes from the server itself, not from the kind of source. */
function directory({ mappings, ...kind }: Kind): SourceModule<LdapSettings> {
  return {
    ...kind,
    settings: ldapSettings,
    destination: ({ urls, domain, tlsCa, tlsCert, startTls, tlsVerify }) => ({
      urls,
      domain,
      tlsCa,
      tlsCert,
      startTls,
      tlsVerify,
    }),
    checkSettings,
    checkScope,
    attributes: { keyOf: normalName, fault: attributeFault },
    people: { ofPerson: ({ name }) => canonicalDn(name), ofValue: canonicalDn },
    appliesRules: 'by source',
    // A directory makes its UUIDs itself and copies them to its replicas, so equal UUIDs mean the same entry.
    idSpace: 'DIRECTORY',
    continuation: 'names everybody',
    takesFile: false,
    hasPhotos: true,
    advice: {
      nobody:
        'Check the base DNs, the scope, and what the bind account may see: a server that hides everybody answers just like an empty one.',
      withoutId: 'Let the bind account read the id of everybody, or name another attribute in idAttribute.',
      elsewhere: 'Add that server as a connection, or narrow the base DNs.',
      emptied: 'whether the directory still shows those values to the bind account.',
    },
    defaults: ({ flavour }) => ({
      scope: everybody(),
      mappings: flavour === 'AUTO' ? mappings() : flavours[flavour].mappings(),
    }),
    open: openSession,
    test: testDirectory,
    findable: ['baseDns'],
    settle: settleDirectory,
    watch: (settings, secrets, options) => watchDirectory(settings, secrets, options),
  };
}

export const ldap = directory({
  kind: 'LDAP',
  label: 'LDAP',
  description: 'OpenLDAP, 389 Directory Server, FreeIPA, eDirectory and other LDAP servers.',
  form: ldapForm,
  mappings: everywhereMappings,
});

export const activeDirectory = directory({
  kind: 'ACTIVE_DIRECTORY',
  label: 'Active Directory',
  description: 'Microsoft Active Directory and Samba domain controllers.',
  form: activeDirectoryForm,
  mappings: activeDirectoryMappings,
});

/** Opens a session: connects, binds, recognises the server and checks each base DN. Throws AppError or the signal's reason. */
export async function openSession(
  settings: LdapSettings,
  secrets: Secrets,
  options: OpenOptions,
): Promise<SourceSession> {
  const reached = await reach(settings, secrets, options, () => {});
  const { connection, server, notes } = reached;
  const release = connection.obey(options.signal);
  try {
    for (const baseDn of settings.baseDns) await checkBase(reached, baseDn);
  } catch (error) {
    await connection.close();
    throw error;
  } finally {
    release();
  }
  const plan = planOnce(reached);
  return {
    server: `${connection.url.url} (${server.label})`,
    notes,
    read: ({ only, ...request }, begin, signal) =>
      only === undefined
        ? searchPeople(reached, request, begin, signal)
        : readNamed(reached, { ...request, only }, begin, signal),
    sample: (request, signal) => samplePeople(reached, request, signal),
    outside: (scope, signal) => countOutside(reached, scope, signal),
    find: (question, signal) => findPerson(reached, question, plan, signal),
    lookUp: (wish, signal) => lookUpPeople(reached, wish, plan, signal),
    photo: (person, signal) => findPhoto(reached, person, signal),
    close: () => connection.close(),
  };
}
