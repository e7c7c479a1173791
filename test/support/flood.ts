import type { Socket } from 'node:net';

/**
 * Sends `bytes` again and again, as fast as the socket takes them. It stops when the socket closes or `most` bytes were
 * sent. `taken` is the number of bytes that were sent.
 */
export function flood(socket: Socket, bytes: Buffer, most = Number.POSITIVE_INFINITY): { taken(): number } {
  let sent = 0;
  const more = (): void => {
    while (!socket.destroyed && sent < most) {
      sent += bytes.length;
      if (!socket.write(bytes)) return;
    }
  };
  socket.on('drain', more);
  more();
  return { taken: () => sent - socket.writableLength };
}
