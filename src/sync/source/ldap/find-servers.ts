import { domainToASCII } from 'node:url';
import { AppError } from '../../../core/app-error.ts';
import type { OpenOptions } from '../../../core/source-session.ts';
import { findTargets, type SrvAnswer, type SrvTarget } from '../net/srv.ts';
import { findSite } from './find-site.ts';
import { hasCertificate, type LdapSettings } from './ldap-settings.ts';
import { type LdapUrl, MOST_URLS } from './ldap-url.ts';

/** The servers of a domain, in the order to try them. `site`: the site of Active Directory whose servers come first. */
export type FoundServers = { servers: LdapUrl[]; site: string | null };

/**
 * Finds the servers of a domain by DNS (RFC 2782), at most as many as a connection may have URLs.
 *
 * `_ldaps._tcp` names servers that speak TLS from the start. They come first. The servers of `_ldap._tcp` come after them if
 * startTls is on, and otherwise only if the domain has no `_ldaps._tcp`: a server that is down, or a DNS that does not answer,
 * never leads to a connection without TLS where there is one with it. A domain of Active Directory lists its domain controllers
 * below `dc._msdcs` too. These come before the others of `_ldap._tcp`, which may be something else, and those of our own site come
 * before these.
 *
 * Throws AppError UNREACHABLE or TLS_FAILED, or the signal's reason.
 */
export async function findServers(settings: LdapSettings, options: OpenOptions): Promise<FoundServers> {
  const domain = domainToASCII((settings.domain ?? '').trim().replace(/\.$/, ''));
  const ask = (service: string): Promise<SrvAnswer> =>
    findTargets(`${service}.${domain}`, { servers: options.nameServers, signal: options.signal });
  const [secure, controllers, plain] = await Promise.all([
    ask('_ldaps._tcp'),
    ask('_ldap._tcp.dc._msdcs'),
    ask('_ldap._tcp'),
  ]);
  if (secure.kind === 'failed' && !settings.startTls) throw noAnswer(domain, secure.code);
  const ldaps = urlsOf(secure, true);
  if (ldaps.length > 0 && !settings.startTls) return { servers: firstOf(ldaps), site: null };
  const all = [...urlsOf(controllers, false), ...urlsOf(plain, false)];
  const [failed] = [controllers, plain, secure].filter((answer) => answer.kind === 'failed');
  if (ldaps.length + all.length === 0) throw failed === undefined ? noServers(domain) : noAnswer(domain, failed.code);
  if (!settings.startTls && hasCertificate(settings)) throw needsTls(domain);
  const { near, site } = await nearControllers(urlsOf(controllers, false), domain, { options, ask });
  return { servers: firstOf([...ldaps, ...near, ...all]), site };
}

function firstOf(servers: readonly LdapUrl[]): LdapUrl[] {
  return [...new Map(servers.map((server) => [server.url, server])).values()].slice(0, MOST_URLS);
}

/** The domain controllers of our site, in its own order. With one controller in all, nobody is asked. */
async function nearControllers(
  controllers: readonly LdapUrl[],
  domain: string,
  { options, ask }: { options: OpenOptions; ask(service: string): Promise<SrvAnswer> },
): Promise<{ near: LdapUrl[]; site: string | null }> {
  const site = controllers.length > 1 ? await findSite(controllers, domain, options) : null;
  if (site === null) return { near: [], site: null };
  const near = urlsOf(await ask(`_ldap._tcp.${site}._sites.dc._msdcs`), false);
  return { near, site: near.length === 0 ? null : site };
}

function urlsOf(answer: SrvAnswer, secure: boolean): LdapUrl[] {
  if (answer.kind !== 'found') return [];
  const scheme = secure ? 'ldaps' : 'ldap';
  return answer.targets.map(({ host, port }: SrvTarget) => ({
    url: `${scheme}://${host}:${port}`,
    host,
    port,
    secure,
  }));
}

function noServers(domain: string): AppError {
  return new AppError('UNREACHABLE', `DNS names no LDAP server for the domain "${domain}".`, {
    hint: `Check its spelling, and that there are SRV records for _ldap._tcp.${domain} or _ldaps._tcp.${domain}; or give urls.`,
  });
}

function noAnswer(domain: string, code: string): AppError {
  return new AppError('UNREACHABLE', `DNS gave no answer about the LDAP servers of the domain "${domain}" (${code}).`, {
    hint: 'Check that this service can look up names of your network, or give urls.',
  });
}

function needsTls(domain: string): AppError {
  const message = `DNS names no server with TLS for the domain "${domain}", and a client certificate is shown only with TLS.`;
  return new AppError('TLS_FAILED', message, { hint: 'Turn on startTls, or give urls that begin with ldaps://.' });
}
