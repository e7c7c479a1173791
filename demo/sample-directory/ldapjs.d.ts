/** The part of ldapjs's server that the sample directory uses. */
declare module 'ldapjs' {
  import type { AddressInfo } from 'node:net';

  export type Filter = {
    type: string;
    attribute?: string;
    value?: string;
    subInitial?: string;
    subAny?: string[];
    subFinal?: string;
    filter?: Filter;
    filters?: Filter[];
    clauses?: Filter[];
  };
  export type DistinguishedName = { readonly [Symbol.toStringTag]: 'LdapDn'; toString(): string };
  export type Control = { type: string; value: unknown };
  export type Connection = { ldap: { id: string; bindDN: { toString(): string } } };
  export type Request = { dn: { toString(): string }; connection: Connection; controls: Control[] };
  export type BindRequest = Request & { credentials: string };
  export type SearchRequest = Request & {
    scope: number | string;
    filter: Filter;
    attributes: string[];
    sizeLimit: number;
    typesOnly: boolean;
  };
  export type SearchEntry = object;
  export type Response = { end(status?: number): void };
  export type SearchResponse = Response & {
    send(entry: SearchEntry): void;
    addControl(control: PagedResultsControl): void;
    createSearchEntry(entry: {
      objectName: DistinguishedName;
      attributes: { type: string; values: string[] }[];
    }): SearchEntry;
  };
  export type Next = (error?: Error) => void;
  export type Handler<Q, A> = (request: Q, response: A, next: Next) => void;

  export class PagedResultsControl {
    constructor(options: { value: { size: number; cookie: Buffer } });
  }
  export class InvalidCredentialsError extends Error {}
  export class InsufficientAccessRightsError extends Error {}
  export class NoSuchObjectError extends Error {
    constructor(dn: string);
  }
  export class UnwillingToPerformError extends Error {
    constructor(message: string);
  }

  export type Server = {
    bind(dn: string, handler: Handler<BindRequest, Response>): void;
    search(dn: string, handler: Handler<SearchRequest, SearchResponse>): void;
    exop(oid: string, handler: Handler<Request, Response>): void;
    listen(port: number, host: string, listening: () => void): void;
    close(closed: () => void): void;
    address(): AddressInfo;
    on(event: 'error', heard: (error: Error) => void): void;
    readonly server: NodeJS.EventEmitter;
  };
  function createServer(): Server;

  const ldapjs: {
    createServer: typeof createServer;
    PagedResultsControl: typeof PagedResultsControl;
    InvalidCredentialsError: typeof InvalidCredentialsError;
    InsufficientAccessRightsError: typeof InsufficientAccessRightsError;
    NoSuchObjectError: typeof NoSuchObjectError;
    UnwillingToPerformError: typeof UnwillingToPerformError;
  };
  export default ldapjs;
}
