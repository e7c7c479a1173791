import type { Socket } from 'node:net';
import ldapjs, {
  type BindRequest,
  type DistinguishedName,
  type Request,
  type Response,
  type SearchRequest,
  type SearchResponse,
} from 'ldapjs';
import { matchesFilter } from './matches-filter.ts';
import { readerDn, readerPassword, type SampleEntry, suffix } from './people.ts';

export type SampleDirectory = { url: string; close(): Promise<void> };

const pagedResults = '1.2.840.113556.1.4.319';
const whoAmI = '1.3.6.1.4.1.4203.1.11.3';
const rootDse: SampleEntry = {
  dn: '',
  attributes: {
    objectClass: ['top'],
    vendorName: ['KDesk sample directory'],
    namingContexts: [suffix],
    supportedLDAPVersion: ['3'],
    supportedControl: [pagedResults],
    supportedExtension: [whoAmI],
  },
};

/** Serves the entries over LDAP on loopback; port 0 picks a free one. Throws what listening throws (EADDRINUSE). */
export async function startSampleDirectory(entries: readonly SampleEntry[], port: number): Promise<SampleDirectory> {
  const server = ldapjs.createServer();
  const sockets = new Set<Socket>();
  server.server.on('connection', (socket: Socket) => {
    socket.setNoDelay(true);
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.bind(readerDn, bind);
  server.bind('', (_request, response, next) => {
    response.end();
    next();
  });
  server.exop(whoAmI, (_request, response) => response.end());
  server.search(suffix, searchBelow(entries));
  server.search('', (request, response) => {
    if (isBase(request) && matchesFilter(request.filter, rootDse)) send(rootDse, request, response);
    response.end();
  });
  await new Promise<void>((listening, refused) => {
    // ldapjs emits the socket's errors on the server. Without a listener, an error would end the process.
    server.on('error', refused);
    server.listen(port, '127.0.0.1', listening);
  });
  return {
    url: `ldap://127.0.0.1:${server.address().port}`,
    close: async () => {
      const closed = new Promise<void>((done) => server.close(done));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

function bind(request: BindRequest, response: Response, next: (error?: Error) => void): void {
  if (request.credentials !== readerPassword) {
    next(new ldapjs.InvalidCredentialsError());
    return;
  }
  response.end();
  next(); // ldapjs records who is bound only after the last handler
}

/** Whether a search is for the base alone. ldapjs gives the scope as a number or as a name. */
function isBase(request: SearchRequest): boolean {
  return request.scope === 0 || request.scope === 'base';
}

function isOneLevel(request: SearchRequest): boolean {
  return request.scope === 1 || request.scope === 'one';
}

/** A DN in a form that can be compared: in lower case, without blanks around the commas. */
function plainDn(dn: string): string {
  return dn.toLowerCase().replace(/\s*,\s*/g, ',');
}

function parentOf(dn: string): string {
  return dn.replace(/^(?:\\.|[^,\\])*,/, '');
}

function searchBelow(entries: readonly SampleEntry[]) {
  const known = entries.map((entry) => ({ entry, dn: plainDn(entry.dn) }));
  return (request: SearchRequest, response: SearchResponse, next: (error?: Error) => void): void => {
    if (!isBound(request)) {
      next(new ldapjs.InsufficientAccessRightsError());
      return;
    }
    const base = plainDn(request.dn.toString());
    if (!known.some(({ dn }) => dn === base)) {
      next(new ldapjs.NoSuchObjectError(base));
      return;
    }
    const found = known
      .filter(({ dn }) => isInScope(dn, base, request))
      .map(({ entry }) => entry)
      .filter((entry) => matchesFilter(request.filter, entry));
    sendPage(found, request, response, next);
  };
}

function isBound(request: Request): boolean {
  return plainDn(request.connection.ldap.bindDN.toString()) === plainDn(readerDn);
}

function isInScope(dn: string, base: string, request: SearchRequest): boolean {
  if (isBase(request)) return dn === base;
  if (isOneLevel(request)) return parentOf(dn) === base;
  return dn === base || dn.endsWith(`,${base}`);
}

/** Sends one page. Its cookie is the index of the next entry, because the entries never change. */
function sendPage(
  found: readonly SampleEntry[],
  request: SearchRequest,
  response: SearchResponse,
  next: (error?: Error) => void,
): void {
  const paging = pagingOf(request);
  if (paging === null) {
    for (const entry of found) send(entry, request, response);
    response.end();
    return;
  }
  const from = paging.cookie.length === 0 ? 0 : Number(paging.cookie.toString());
  if (!Number.isInteger(from)) {
    next(new ldapjs.UnwillingToPerformError('unknown cookie'));
    return;
  }
  const end = from + paging.size;
  for (const entry of found.slice(from, end)) send(entry, request, response);
  const cookie = Buffer.from(end < found.length && paging.size > 0 ? String(end) : '');
  response.addControl(new ldapjs.PagedResultsControl({ value: { size: found.length, cookie } }));
  response.end();
}

function pagingOf(request: SearchRequest): { size: number; cookie: Buffer } | null {
  const value = request.controls.find(({ type }) => type === pagedResults)?.value;
  if (typeof value !== 'object' || value === null || !('size' in value) || !('cookie' in value)) return null;
  return { size: Number(value.size), cookie: Buffer.isBuffer(value.cookie) ? value.cookie : Buffer.alloc(0) };
}

function send(entry: SampleEntry, request: SearchRequest, response: SearchResponse): void {
  const wanted = new Set(request.attributes.map((name) => name.toLowerCase()));
  const all = wanted.size === 0 || wanted.has('*');
  const attributes = Object.entries(entry.attributes)
    .filter(([type]) => all || wanted.has(type.toLowerCase()))
    .map(([type, values]) => ({ type, values: request.typesOnly ? [] : values }));
  response.send(response.createSearchEntry({ objectName: asWritten(entry.dn), attributes }));
}

/**
 * A DN that ldapjs writes unchanged. Otherwise ldapjs parses it and drops the escapes of trailing blanks and
 * backslashes.
 */
function asWritten(dn: string): DistinguishedName {
  return { [Symbol.toStringTag]: 'LdapDn', toString: () => dn };
}
