import { AppError } from '../../../core/app-error.ts';
import type { Secrets } from '../../../core/connection.ts';
import type { SourceNote } from '../../../core/entry.ts';
import type { OpenOptions } from '../../../core/source-session.ts';
import { allowances } from './answer-limits.ts';
import { encodeFilter, present } from './filter/filter.ts';
import { flavours } from './flavour.ts';
import type { LdapConnection } from './ldap-connection.ts';
import { type LdapSettings, signedInAs } from './ldap-settings.ts';
import { type OnStep, openConnection } from './open-connection.ts';
import { readEntries } from './read-entries.ts';
import { resultError, type SearchContext } from './result-error.ts';
import { readServerInfo, type ServerInfo, whoAmI } from './root-dse.ts';

/** What the steps of a read share: the connection and what is known about its server. */
export type Reached = {
  connection: LdapConnection;
  settings: LdapSettings;
  server: ServerInfo;
  /** The account as which the server has signed us in. Null: the server does not say. */
  account: string | null;
  notes: SourceNote[];
};

/** Connects, binds and recognises the server. */
export async function reach(
  settings: LdapSettings,
  secrets: Secrets,
  options: OpenOptions,
  onStep: OnStep,
): Promise<Reached> {
  const { connection, notes } = await openConnection({ settings, secrets, options, onStep });
  const release = connection.obey(options.signal);
  try {
    const server = await readServerInfo(connection, settings);
    if (server.recognised === null) notes.push(hiddenRootDse(server));
    return { connection, settings, server, account: await whoAmI(connection, server), notes };
  } catch (error) {
    await connection.close();
    throw error;
  } finally {
    release();
  }
}

function hiddenRootDse({ label }: ServerInfo): SourceNote {
  const message = `The server does not show its root DSE, so it does not tell what it is. It is treated as: ${label}.`;
  return { level: 'INFO', code: 'SERVER_NOT_RECOGNISED', message };
}

/** Whether the server behaves like Active Directory; Samba does. */
export function isActiveDirectory({ server }: Reached): boolean {
  return flavours[server.flavour].isActiveDirectory;
}

/** Throws AppError BASE_DN_NOT_FOUND unless the server has the base. Returns whether the account can see its entry. */
export async function checkBase(reached: Reached, baseDn: string): Promise<boolean> {
  const filter = encodeFilter(present('objectClass'));
  const { entries, result } = await readEntries(reached.connection, {
    baseDn,
    scope: 'base',
    filter,
    attributes: ['1.1'],
    allowance: allowances.entry,
  });
  if (result.code === 0) return entries.length > 0;
  throw resultError(result, contextOf(reached, baseDn));
}

/** Throws `gone` when the server does not have the entry. Entries that the account can't see count as existing. */
export async function checkThere(reached: Reached, dn: string, gone: AppError): Promise<void> {
  try {
    await checkBase(reached, dn);
  } catch (error) {
    throw error instanceof AppError && error.code === 'BASE_DN_NOT_FOUND' ? gone : error;
  }
}

/** The context of a search, for its error. `firstPage` matters because some result codes have another meaning there. */
export function contextOf({ connection, settings, server }: Reached, baseDn: string, firstPage = true): SearchContext {
  return {
    server: connection.url.url,
    baseDn,
    bindDn: signedInAs(settings),
    flavour: server.flavour,
    timeoutSeconds: settings.timeoutSeconds,
    namingContexts: server.namingContexts,
    firstPage,
  };
}
