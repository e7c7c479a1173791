import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { BerReader, BerWriter } from 'ldapts';
import type { LdapFilter } from '../../src/sync/source/ldap/filter/filter.ts';
import { decodeFilter } from './decode-filter.ts';

/** A search request as the fake server sees it. */
export type FakeSearch = {
  id: number;
  baseDn: string;
  scope: number;
  filter: LdapFilter;
  attributes: string[];
  /** The OIDs of its controls. */
  controls: string[];
  pageSize: number | null;
  cookie: string;
  critical: boolean;
};

export type FakeServer = {
  url: string;
  port: number;
  /** All searches so far, in order. */
  searches: FakeSearch[];
  /** The passwords of all simple binds so far, in order. */
  passwords: string[];
  close(): Promise<void>;
};

export type FakeOptions = {
  /** The rootDSE. Default: no vendor, and support for paging. */
  rootDse?: Record<string, FakeValue[]>;
  /** The answer to a bind. Default: success. */
  bind?: FakeResult;
  /** The answer to whoami: a text, or a result code. Default: `dn:cn=reader`. */
  whoAmI?: () => string | number;
  /** Called first for each request. It returns true when it has answered the request itself, over `socket`. */
  takeOver?: (kind: FakeRequest, id: number, socket: Socket, search?: FakeSearch) => boolean;
  /**
   * Answers all searches except those of the rootDSE and base searches. Returns the messages in the order to send them.
   */
  search: (search: FakeSearch) => Buffer[];
  /** Answers base searches. Default: an entry without attributes. */
  base?: (search: FakeSearch) => Buffer[];
};

export type FakeRequest = 'bind' | 'extended' | 'rootDse' | 'base' | 'search' | 'other';

export type FakeResult = {
  code?: number;
  matchedDn?: string;
  message?: string;
  cookie?: string;
  control?: FakeControl;
  referrals?: string[];
};
export type FakeValue = string | Buffer;

/** A small LDAP server on loopback, for answers that no real server gives on demand. */
export async function startFakeServer(options: FakeOptions): Promise<FakeServer> {
  const searches: FakeSearch[] = [];
  const passwords: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.setNoDelay(true);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => {});
    let pending = Buffer.alloc(0);
    socket.on('data', (chunk: Buffer) => {
      pending = Buffer.concat([pending, chunk]);
      for (let size = messageSize(pending); size !== null && size <= pending.length; size = messageSize(pending)) {
        for (const reply of answer(pending.subarray(0, size), options, { searches, passwords }, socket))
          socket.write(reply);
        pending = pending.subarray(size);
      }
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const close = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, 'close');
  };
  return { url: `ldap://127.0.0.1:${address.port}`, port: address.port, searches, passwords, close };
}

function messageSize(bytes: Buffer): number | null {
  if (bytes.length < 2) return null;
  const reader = new BerReader(bytes);
  return reader.readSequence() === null ? null : reader.offset + reader.length;
}

type Heard = Pick<FakeServer, 'searches' | 'passwords'>;

function answer(bytes: Buffer, options: FakeOptions, { searches, passwords }: Heard, socket: Socket): Buffer[] {
  const reader = new BerReader(bytes);
  reader.readSequence();
  const id = reader.readInt() ?? 0;
  const operation = reader.readSequence();
  const takesOver = (kind: FakeRequest, search?: FakeSearch): boolean =>
    options.takeOver?.(kind, id, socket, search) ?? false;
  if (operation !== 0x63 && takesOver(operation === 0x60 ? 'bind' : operation === 0x77 ? 'extended' : 'other'))
    return [];
  if (operation === 0x60) {
    passwords.push(passwordOf(reader));
    return [result(id, 0x61, options.bind ?? {})];
  }
  if (operation === 0x77) return [whoAmI(id, options.whoAmI?.() ?? 'dn:cn=reader')];
  if (operation !== 0x63) return [];
  const search = parseSearch(id, reader);
  searches.push(search);
  if (takesOver(search.scope !== 0 ? 'search' : search.baseDn === '' ? 'rootDse' : 'base', search)) return [];
  if (search.scope === 0 && search.baseDn === '') {
    return [
      entry(
        id,
        '',
        options.rootDse ?? {
          supportedControl: ['1.2.840.113556.1.4.319'],
          supportedExtension: ['1.3.6.1.4.1.4203.1.11.3'],
        },
      ),
      done(id),
    ];
  }
  if (search.scope === 0) return options.base?.(search) ?? [entry(id, search.baseDn, {}), done(id)];
  return options.search(search);
}

function passwordOf(reader: BerReader): string {
  reader.readInt();
  reader.readString();
  // A SASL bind has no password.
  return reader.peek() === 0x80 ? (reader.readString(0x80) ?? '') : '';
}

function parseSearch(id: number, reader: BerReader): FakeSearch {
  const baseDn = reader.readString() ?? '';
  const scope = reader.readEnumeration() ?? 0;
  reader.readEnumeration();
  reader.readInt();
  reader.readInt();
  reader.readBoolean();
  const filter = decodeFilter(reader);
  const attributes: string[] = [];
  reader.readSequence();
  const end = reader.offset + reader.length;
  while (reader.offset < end) attributes.push(reader.readString() ?? '');
  const search: FakeSearch = {
    id,
    baseDn,
    scope,
    filter,
    attributes,
    controls: [],
    pageSize: null,
    cookie: '',
    critical: false,
  };
  if (reader.peek() !== 0xa0) return search;
  reader.readSequence();
  for (const all = reader.offset + reader.length; reader.offset < all; ) {
    reader.readSequence();
    const end = reader.offset + reader.length;
    const oid = reader.readString() ?? '';
    search.controls.push(oid);
    if (oid === paging) readPaging(reader, search);
    reader.offset = end;
  }
  return search;
}

const paging = '1.2.840.113556.1.4.319';

function readPaging(reader: BerReader, search: FakeSearch): void {
  search.critical = reader.readBoolean() ?? false;
  const value = new BerReader(reader.readString(0x04, true) ?? Buffer.alloc(0));
  value.readSequence();
  search.pageSize = value.readInt();
  search.cookie = value.readString() ?? '';
}

function message(id: number, write: (writer: BerWriter) => void): Buffer {
  const writer = new BerWriter();
  writer.startSequence();
  writer.writeInt(id);
  write(writer);
  writer.endSequence();
  return writer.buffer;
}

function octets(writer: BerWriter, value: FakeValue): void {
  writer.writeBuffer(Buffer.from(value), 0x04);
}

/** A control of an answer. */
export type FakeControl = { oid: string; value: Buffer };

function writeControl(writer: BerWriter, { oid, value }: FakeControl): void {
  writer.startSequence(0xa0);
  writer.startSequence();
  writer.writeString(oid);
  octets(writer, value);
  writer.endSequence();
  writer.endSequence();
}

/** A SearchResultEntry message. */
export function entry(
  id: number,
  dn: FakeValue,
  attributes: Record<string, FakeValue | FakeValue[]>,
  control?: FakeControl,
): Buffer {
  return message(id, (writer) => {
    writer.startSequence(0x64);
    octets(writer, dn);
    writer.startSequence();
    for (const [name, values] of Object.entries(attributes)) {
      writer.startSequence();
      writer.writeString(name);
      writer.startSequence(0x31);
      for (const value of Array.isArray(values) ? values : [values]) octets(writer, value);
      writer.endSequence();
      writer.endSequence();
    }
    writer.endSequence();
    writer.endSequence();
    if (control !== undefined) writeControl(writer, control);
  });
}

/** A SearchResultReference message. */
export function reference(id: number, urls: string[]): Buffer {
  return message(id, (writer) => {
    writer.startSequence(0x73);
    for (const url of urls) writer.writeString(url);
    writer.endSequence();
  });
}

/** A SearchResultDone message. `cookie` adds the control of paged results. */
export function done(id: number, outcome: FakeResult = {}): Buffer {
  return result(id, 0x65, outcome);
}

/** The notice of disconnection. */
export function farewell(outcome: FakeResult): Buffer {
  return result(0, 0x78, outcome);
}

function result(
  id: number,
  tag: number,
  { code = 0, matchedDn = '', message: text = '', cookie, control, referrals }: FakeResult,
): Buffer {
  return message(id, (writer) => {
    writer.startSequence(tag);
    writer.writeEnumeration(code);
    writer.writeString(matchedDn);
    writer.writeString(text);
    if (referrals !== undefined) {
      writer.startSequence(0xa3);
      for (const url of referrals) writer.writeString(url);
      writer.endSequence();
    }
    writer.endSequence();
    if (control !== undefined) writeControl(writer, control);
    if (cookie === undefined) return;
    const value = new BerWriter();
    value.startSequence();
    value.writeInt(0);
    octets(value, cookie);
    value.endSequence();
    writeControl(writer, { oid: paging, value: value.buffer });
  });
}

function whoAmI(id: number, who: string | number): Buffer {
  if (typeof who === 'number') return result(id, 0x78, { code: who, message: 'Protocol error' });
  return message(id, (writer) => {
    writer.startSequence(0x78);
    writer.writeEnumeration(0);
    writer.writeString('');
    writer.writeString('');
    writer.writeString(who, 0x8b);
    writer.endSequence();
  });
}

/** An IntermediateResponse message. */
export function intermediate(id: number, oid: string, value: Buffer): Buffer {
  return message(id, (writer) => {
    writer.startSequence(0x79);
    writer.writeString(oid, 0x80);
    writer.writeBuffer(value, 0x81);
    writer.endSequence();
  });
}
