import { AppError } from '../../../core/app-error.ts';
import type { Secrets } from '../../../core/connection.ts';
import { bindError, certificateRefused } from './bind-error.ts';
import type { ClientCertificate } from './client-certificate.ts';
import { type LdapConnection, ServerRefusal } from './ldap-connection.ts';
import { accountOf, type LdapSettings } from './ldap-settings.ts';
import { readServerInfo } from './root-dse.ts';

/** How we signed in. */
export type SignedIn =
  | { by: 'password'; dn: string }
  /** `account`: the account as which the server has signed us in. Null: the server does not say. */
  | { by: 'certificate'; subject: string; account: string | null }
  | { by: 'nobody' };

type SigningIn = { settings: LdapSettings; secrets: Secrets; certificate: ClientCertificate | null };

/**
 * Signs in with name and password if there is a name, otherwise with the client certificate, otherwise not at all. A
 * certificate is presented to the server in any case. Throws AppError BIND_REFUSED.
 */
export async function signIn(
  connection: LdapConnection,
  { settings, secrets, certificate }: SigningIn,
): Promise<SignedIn> {
  const dn = accountOf(settings);
  if (dn !== null) {
    await bind(connection, dn, secrets.bindPassword ?? null);
    return { by: 'password', dn };
  }
  if (certificate === null) return { by: 'nobody' };
  const { subject } = certificate;
  return { by: 'certificate', subject, account: await bindByCertificate(connection, settings, subject) };
}

/** An empty password is refused here. The server would report success without signing anybody in (RFC 4513, 5.1.2). */
async function bind(connection: LdapConnection, dn: string, password: string | null): Promise<void> {
  if (password === null || password === '') {
    throw new AppError('BIND_REFUSED', `There is no password for "${dn}".`, {
      hint: 'Set bindPassword, or leave bindDn empty to read without signing in.',
    });
  }
  try {
    await connection.bind(dn, password);
  } catch (error) {
    if (!(error instanceof ServerRefusal)) throw error;
    throw bindError({ code: error.code, text: error.message, server: connection.url.url, bindDn: dn });
  }
}

/**
 * SASL EXTERNAL (RFC 4513, 5.2.3), without a name: the server decides whose certificate it is. If the connection began
 * with TLS, Active Directory has already signed us in, and refuses EXTERNAL (MS-ADTS 5.1.1.2). Returns the account as
 * which the server has signed us in.
 */
async function bindByCertificate(
  connection: LdapConnection,
  settings: LdapSettings,
  subject: string,
): Promise<string | null> {
  const refused = { server: connection.url.url, subject };
  const server = await readServerInfo(connection, settings);
  const signedIn = connection.url.secure && server.flavour === 'ACTIVE_DIRECTORY';
  try {
    if (!signedIn) await connection.bindExternal();
  } catch (error) {
    if (!(error instanceof ServerRefusal)) throw error;
    throw certificateRefused({ ...refused, code: error.code, text: error.message });
  }
  const account = server.supports.has('whoAmI') ? await connection.whoAmI() : null;
  if (account === '') throw certificateRefused({ ...refused, code: null, text: 'it signs in nobody' });
  return account;
}
