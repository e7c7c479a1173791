import { rmSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import { makeCertificate } from './ldap-certificates.ts';
import { trustedCaFile } from './trusted-ca.ts';

const ca = makeCertificate({ commonName: 'Files CA' });
const { cert, key } = makeCertificate({ commonName: 'files', hosts: ['localhost', '127.0.0.1'], issuer: ca });

export type Serve = (request: IncomingMessage, response: ServerResponse) => void;

/** An https server for a test. The reading threads of trusting-thread.ts trust it. `answer` sets how it answers. */
export async function serveHttps() {
  writeFileSync(trustedCaFile(), ca.cert);
  let serve: Serve = (_request, response) => response.end();
  const asked: IncomingMessage[] = [];
  const listener: RequestListener = (request, response) => {
    asked.push(request);
    serve(request, response);
  };
  const server = createServer({ cert, key }, listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    ca: ca.cert,
    port,
    url: `https://localhost:${port}`,
    /** The requests since the last call of `answer`. */
    asked,
    answer: (how: Serve): void => {
      asked.length = 0;
      serve = how;
    },
    close: async () => {
      rmSync(trustedCaFile(), { force: true });
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export type HttpsFiles = Awaited<ReturnType<typeof serveHttps>>;
