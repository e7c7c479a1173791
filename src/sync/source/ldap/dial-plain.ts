import { type DialOptions, type DialTarget, dialBy, tcp } from '../net/dial.ts';
import { Wire } from './wire.ts';

/** Bytes read from a plain connection at a time; the kernel has seldom more at hand. */
const readBufferBytes = 256 * 1024;

/** As dial, for ldap:// without TLS: bytes are read into one buffer that is used again and again. */
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
