import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { httpsGet, usualPatience } from '../../../../src/sync/source/net/https-get.ts';
import { readBody } from '../../../../src/sync/source/net/read-body.ts';
import { type HttpsFiles, type Serve, serveHttps } from '../../../support/https-files.ts';

let server: HttpsFiles;
const usual = getCACertificates('default');

beforeAll(async () => {
  server = await serveHttps();
  setDefaultCACertificates([...usual, server.ca]);
});
afterAll(async () => {
  setDefaultCACertificates(usual);
  await server?.close();
});

const impatient = { answerMs: 300, silenceMs: 300, bodyMs: 3000 };
const options = (signal = new AbortController().signal, patience = usualPatience) => ({
  addresses: { allowPrivate: true, cidrs: [] },
  signal,
  patience,
});

async function get(how: Serve, with_ = options(), most = 1_000_000): Promise<number> {
  server.answer(how);
  const answer = await httpsGet({ url: new URL(server.url), authorization: null, headers: {} }, with_);
  let length = 0;
  for await (const piece of readBody(answer, most, with_)) length += piece.length;
  return length;
}

describe('a body', () => {
  test('in gzip is unpacked only up to the limit', async () => {
    const bomb = gzipSync(Buffer.alloc(200_000_000));
    const packed: Serve = (_request, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb);
    await expect(get(packed)).rejects.toMatchObject({ code: 'FILE_TOO_LARGE' });
  });

  test('that never ends is read only up to the limit', async () => {
    const endless: Serve = (_request, response) => {
      const more = (): void => void (response.destroyed || response.write(Buffer.alloc(65_536), more));
      more();
    };
    await expect(get(endless)).rejects.toMatchObject({ code: 'FILE_TOO_LARGE' });
  });

  test('that stalls ends with a timeout', async () => {
    const silent: Serve = (_request, response) => {
      response.writeHead(200);
      response.write('id\n');
    };
    await expect(get(silent, options(undefined, impatient))).rejects.toMatchObject({ code: 'TIMEOUT' });
  });

  test('ends with the signal’s reason', async () => {
    const abort = new AbortController();
    const silent: Serve = (_request, response) => {
      response.writeHead(200);
      response.write('id\n', () => abort.abort(new Error('enough')));
    };
    await expect(get(silent, options(abort.signal))).rejects.toThrow('enough');
  });
});

describe('a server', () => {
  test('that never answers ends with a timeout', async () => {
    await expect(get(() => {}, options(undefined, impatient))).rejects.toMatchObject({ code: 'TIMEOUT' });
  });

  test('that is not trusted is sent nothing', async () => {
    setDefaultCACertificates(usual);
    server.answer((_request, response) => response.end());
    const asking = httpsGet({ url: new URL(server.url), authorization: 'secret', headers: {} }, options());
    await expect(asking).rejects.toMatchObject({
      code: 'TLS_FAILED',
      hint: expect.stringContaining('NODE_EXTRA_CA_CERTS'),
    });
    expect(server.asked).toEqual([]);
    setDefaultCACertificates([...usual, server.ca]);
  });

  test('that floods with headers is refused', async () => {
    const flood: Serve = (_request, response) => {
      response.socket?.write(`HTTP/1.1 200 OK\r\n${'x-flood: 1\r\n'.repeat(10_000)}`);
    };
    await expect(get(flood)).rejects.toMatchObject({ code: 'INVALID_RESPONSE' });
  });

  test('without TLS, or behind an address that is not allowed, gives its own error', async () => {
    const sockets: Socket[] = [];
    const plain = createServer((socket) => {
      sockets.push(socket.on('error', () => {}));
      socket.write('220 hello\r\n');
    }).listen(0, '127.0.0.1');
    await once(plain, 'listening');
    const address = plain.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const ask = (with_ = options()) =>
      httpsGet({ url: new URL(`https://127.0.0.1:${port}`), authorization: null, headers: {} }, with_);
    await expect(ask()).rejects.toMatchObject({ code: 'TLS_FAILED' });
    const strict = { ...options(), addresses: { allowPrivate: false, cidrs: [] } };
    await expect(ask(strict)).rejects.toMatchObject({ code: 'ADDRESS_NOT_ALLOWED' });
    expect(sockets).toHaveLength(1);
    for (const socket of sockets) socket.destroy();
    plain.close();
  });
});
