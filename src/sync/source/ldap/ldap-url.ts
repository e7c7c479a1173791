/** The most servers that a connection tries. */
export const MOST_URLS = 10;

/** A parsed URL of a server. */
export type LdapUrl = { url: string; host: string; port: number; secure: boolean };

/** The parsed URL, or why the text is not a URL. */
export type UrlResult = { kind: 'ok'; url: LdapUrl } | { kind: 'error'; message: string };

/** Parses `ldap://host:port` or `ldaps://host:port`. The default ports are 389 and 636. Nothing may follow the port. */
export function parseLdapUrl(text: string): UrlResult {
  const match = /^(ldaps?):\/\/(\[[0-9a-f:.]+(?:%[\w.-]+)?\]|[^\s/?#@:[\]%]+)(?::(\d{1,5}))?\/?$/i.exec(text.trim());
  if (match === null) return { kind: 'error', message: problem(text) };
  const [, scheme = '', host = '', digits] = match;
  const secure = scheme.toLowerCase() === 'ldaps';
  const port = digits === undefined ? (secure ? 636 : 389) : Number(digits);
  if (port < 1 || port > 65_535) return { kind: 'error', message: `The port ${digits} is not between 1 and 65535.` };
  return { kind: 'ok', url: { url: text.trim().replace(/\/$/, ''), host: host.replace(/^\[|\]$/g, ''), port, secure } };
}

function problem(text: string): string {
  const url = text.trim();
  if (url === '') return 'A URL is missing.';
  if (!/^ldaps?:\/\//i.test(url)) return `"${url}" does not begin with ldap:// or ldaps://.`;
  if (url.includes('@')) return 'A URL holds no user name or password: use bindDn and bindPassword.';
  if (/^ldaps?:\/\/[^/?#]*[/?#]./i.test(url))
    return `"${url}" may hold a host and a port only: the base DN has a field of its own.`;
  return `"${url}" is not of the form ldap://host:port.`;
}
