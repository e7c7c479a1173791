import type { Socket } from 'node:net';
import { type DialOptions, type DialTarget, dialBy, tcp } from '../net/dial.ts';
import { Wire } from './wire.ts';

/** Bytes read at a time from a plain connection. The kernel seldom has more ready. */
const readBufferBytes = 256 * 1024;

/**
 * How long an answer that trickles is left to gather in the kernel before the next read. Servers such as OpenLDAP send each entry by
 * itself. A reader that waits for each of them is woken for each of them, which costs both sides more than the entry does.
 */
const gatherMs = 1;

/** Like `dial`, for ldap:// without TLS: all bytes are read into the same buffer, and long answers in few turns. */
export function dialPlain(target: DialTarget, options: DialOptions): Promise<Wire> {
  return dialBy(target, options, async (address, bounded) => {
    let wire: Wire | null = null;
    let socket: Socket | null = null;
    const onread = {
      buffer: Buffer.allocUnsafe(readBufferBytes),
      callback: (size: number, buffer: Uint8Array): boolean => {
        wire?.receive(Buffer.from(buffer.buffer, buffer.byteOffset, size));
        if (wire?.trickles !== true) return true;
        setTimeout(() => socket?.resume(), gatherMs);
        return false;
      },
    };
    socket = await tcp({ ...address, onread }, bounded);
    wire = new Wire(socket);
    return wire;
  });
}
