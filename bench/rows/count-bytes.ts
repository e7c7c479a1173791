/** The limit of reading: a socket that only counts the bytes of a paged read. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { bindRequest, cookieOf, messageHead, searchRequest } from '../raw-ldap.ts';
import { answer, input } from '../row-process.ts';

const { port, bindDn, bindPassword, peopleDn, attributes } = input();
const pageSize = 1000;
const searchEntry = 0x64;
const searchDone = 0x65;

let bytesRead = 0;
let entries = 0;
let id = 1;
const began = performance.now();
const finished = Promise.withResolvers<void>();
/** The part of an unfinished message that has arrived so far. Entries are not kept: their bytes are skipped. */
let held = Buffer.alloc(0);
/** How many bytes of the present entry have not arrived yet. */
let toSkip = 0;

const socket = connect({
  port,
  host: '127.0.0.1',
  onread: {
    buffer: Buffer.alloc(1 << 18),
    callback: (count, buffer) => {
      bytesRead += count;
      take(Buffer.from(buffer.buffer, buffer.byteOffset, count));
      return true;
    },
  },
});
await once(socket, 'connect');
socket.write(bindRequest(id, bindDn, bindPassword));
await finished.promise;
answer({ ms: performance.now() - began, people: entries, bytes: bytesRead });
socket.destroy();

function take(chunk: Buffer): void {
  const bytes = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
  held = Buffer.alloc(0);
  let at = toSkip;
  while (at < bytes.length) {
    const head = messageHead(bytes, at);
    if (head === null || (head.operation !== searchEntry && head.ends > bytes.length)) {
      held = Buffer.from(bytes.subarray(at));
      toSkip = 0;
      return;
    }
    if (head.operation === searchEntry) entries++;
    else next(head.operation, bytes.subarray(at, head.ends));
    at = head.ends;
  }
  toSkip = at - bytes.length;
}

function next(operation: number, message: Buffer): void {
  const cookie = operation === searchDone ? cookieOf(message) : Buffer.alloc(0);
  if (operation === searchDone && cookie.length === 0) finished.resolve();
  else socket.write(searchRequest(++id, peopleDn, attributes, { size: pageSize, cookie }));
}
