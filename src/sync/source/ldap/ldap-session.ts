import type { Secrets } from '../../../core/connection.ts';
import type { OpenOptions } from '../../../core/directory.ts';
import type { SourceSession } from '../../../core/source-session.ts';
import type { LdapSettings } from './ldap-settings.ts';
import { checkBase, reach } from './reach.ts';
import { searchPeople } from './search-people.ts';

/** Opens a session: connected, bound, the server recognised, each base DN there. Throws AppError or the signal's reason. */
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
  return {
    server: `${connection.url.url} (${server.label})`,
    notes,
    read: (request, begin, signal) => searchPeople(reached, request, begin('everybody'), signal),
    close: () => connection.close(),
  };
}
