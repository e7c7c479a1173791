import { type DialOptions, type DialTarget, dialBy, tcp } from '../net/dial.ts';
import { Wire } from './wire.ts';

/** Bytes read at a time from a plain connection. The kernel seldom has more ready. */
const readBufferBytes = 256 * 1024;

/** Like `dial`, for ldap:// without TLS: all bytes are read into the same buffer. */
export function dialPlain(target: DialTarget, options: DialOptions): Promise<Wire> {
  return dialBy(target, options, async (address, bounded) => {
    let wire: Wire | null = null;
    const onread = {
      buffer: Buffer.allocUnsafe(readBufferBytes),
      callback: (size: number, buffer: Uint8Array): boolean => {
        wire?.receive(Buffer.from(buffer.buffer, buffer.byteOffset, size));
        return true;
      },
    };
    wire = new Wire(await tcp({ ...address, onread }, bounded));
    return wire;
  });
}
