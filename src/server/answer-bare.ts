import type { Server } from 'node:http';
import type { Duplex } from 'node:stream';

/** Ends a connection that has no response object: sends a status line without a body. */
export function answerBare(stream: Duplex, status: string): void {
  if (!stream.writable) return void stream.destroy();
  stream.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\nX-Content-Type-Options: nosniff\r\n\r\n`);
}

const statuses: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  HPE_CHUNK_EXTENSIONS_OVERFLOW: '413 Payload Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
};

/** Answers, as Node would, requests that are no HTTP, come too slowly, or have an `Expect` header that is not supported. */
export function answerMalformed(httpServer: Server): void {
  httpServer.on('clientError', (error: NodeJS.ErrnoException, stream) => {
    answerBare(stream, statuses[error.code ?? ''] ?? '400 Bad Request');
  });
  httpServer.on('checkExpectation', (request) => answerBare(request.socket, '417 Expectation Failed'));
}
