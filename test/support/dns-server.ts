import { createSocket } from 'node:dgram';
import { once } from 'node:events';

export type FakeSrv = { name: string; port: number; priority?: number; weight?: number };
/**
 * The answer for a name: records, an error code (2: SERVFAIL, 5: REFUSED), no answer at all ('silent'), or bytes that
 * are no answer ('garbage').
 */
export type FakeName = FakeSrv[] | number | 'silent' | 'garbage';

/** A name server on loopback with a few SRV records. Other names do not exist. */
export async function startDnsServer(names: Record<string, FakeName>) {
  const asked: string[] = [];
  const socket = createSocket('udp4');
  socket.on('message', (query, { port, address }) => {
    const { name, end } = question(query);
    asked.push(name);
    const known = names[name] ?? 3;
    if (known === 'silent') return;
    const answer = known === 'garbage' ? Buffer.alloc(40, 0xff) : reply(query.subarray(0, end), known);
    if (known === 'garbage') query.copy(answer, 0, 0, 2);
    socket.send(answer, port, address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const close = async (): Promise<void> => {
    socket.close();
    await once(socket, 'close');
  };
  return {
    /** The address in the form that `nameServers` takes. */
    address: `127.0.0.1:${socket.address().port}`,
    /** The names that were asked for, in order. */
    asked,
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** The name of a query in lower case, and where its question ends. */
function question(query: Buffer): { name: string; end: number } {
  const labels: string[] = [];
  let at = 12;
  for (let size = query[at] ?? 0; size > 0; size = query[at] ?? 0) {
    labels.push(query.toString('latin1', at + 1, at + 1 + size));
    at += 1 + size;
  }
  return { name: labels.join('.').toLowerCase(), end: at + 5 };
}

function reply(query: Buffer, known: FakeSrv[] | number): Buffer {
  const records = typeof known === 'number' ? [] : known;
  const header = Buffer.from(query.subarray(0, 12));
  header.writeUInt16BE(0x8180 | (typeof known === 'number' ? known : 0), 2);
  header.writeUInt16BE(records.length, 6);
  header.writeUInt32BE(0, 8);
  return Buffer.concat([header, query.subarray(12), ...records.map(srv)]);
}

function srv({ name, port, priority = 0, weight = 0 }: FakeSrv): Buffer {
  const target = Buffer.concat([
    ...name
      .split('.')
      .filter((label) => label !== '')
      .map((label) => Buffer.concat([Buffer.of(label.length), Buffer.from(label, 'latin1')])),
    Buffer.of(0),
  ]);
  const fixed = Buffer.alloc(18);
  fixed.writeUInt16BE(0xc00c, 0);
  fixed.writeUInt16BE(33, 2);
  fixed.writeUInt16BE(1, 4);
  fixed.writeUInt32BE(0, 6);
  fixed.writeUInt16BE(6 + target.length, 10);
  fixed.writeUInt16BE(priority, 12);
  fixed.writeUInt16BE(weight, 14);
  fixed.writeUInt16BE(port, 16);
  return Buffer.concat([fixed, target]);
}
