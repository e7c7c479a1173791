import { validateHeaderValue } from 'node:http';
import type { TLSSocket } from 'node:tls';
import { AppError } from '../../../core/app-error.ts';
import type { Secrets } from '../../../core/connection.ts';
import { saidText } from '../../../core/outside-text.ts';
import type { OpenOptions } from '../../../core/source-session.ts';
import {
  connectTo,
  type HttpsAnswer,
  type HttpsOptions,
  httpsGet,
  type Patience,
  shownUrl,
  usualPatience,
} from '../net/https-get.ts';
import { readBody } from '../net/read-body.ts';
import type { CsvSettings } from './csv-settings.ts';

const largestFile = 1024 * 1024 * 1024;
/** The most characters of an ETag that is remembered. */
const longestEtag = 1000;

/** The bytes of a file, and the ETag of its version, if the server has sent one. */
export type FetchedFile = { kind: 'file'; bytes: AsyncIterable<Uint8Array>; etag: string | null };

/** Where the file of a connection comes from. */
export type FileOrigin = {
  /** e.g. `https://files.example.com/people.csv`, or the name of an uploaded file. */
  readonly name: string;
  /** Reads the file. `unchanged`: it is still the version of this ETag. Throws AppError. */
  fetch(etag: string | null): Promise<FetchedFile | { kind: 'unchanged' }>;
  close(): void;
};

/** Opens the uploaded file, or connects to the server of the file. Throws AppError. */
export async function openOrigin(
  { url }: CsvSettings,
  secrets: Secrets,
  options: OpenOptions,
  patience: Patience = usualPatience,
): Promise<FileOrigin> {
  if (url === null) return uploadedFile(options);
  return remoteFile(parseUrl(url), secrets.authorization ?? null, { ...options, patience });
}

async function uploadedFile({ files }: OpenOptions): Promise<FileOrigin> {
  const file = await files.find();
  if (file === null)
    throw new AppError('NO_FILE', 'No file has been uploaded for this connection.', {
      hint: 'Upload one to PUT /connections/:id/file, or set url to the address of a file.',
    });
  return {
    name: `"${saidText(file.name)}", uploaded at ${file.uploadedAt.toISOString()}`,
    fetch: async () => ({ kind: 'file', bytes: files.read(file.id), etag: null }),
    close: () => {},
  };
}

async function remoteFile(url: URL, authorization: string | null, options: HttpsOptions): Promise<FileOrigin> {
  if (authorization !== null) checkAuthorization(authorization);
  const socket: TLSSocket = await connectTo(url, options);
  // The connection can fail while no request is running. Without a listener that would end the process.
  socket.on('error', () => {});
  let answer: HttpsAnswer | null = null;
  return {
    name: shownUrl(url),
    fetch: async (etag) => {
      const headers = {
        accept: 'text/csv, text/*;q=0.9, */*;q=0.5',
        'accept-encoding': 'gzip',
        'user-agent': 'kdesk-contact-sync',
        ...(etag === null ? {} : { 'if-none-match': etag }),
      };
      answer = await httpsGet({ url, authorization, headers }, options, socket);
      if (etag !== null && answer.status === 304) return { kind: 'unchanged' };
      checkAnswer(answer, authorization !== null);
      return { kind: 'file', bytes: readBody(answer, largestFile, options), etag: etagOf(answer) };
    },
    close: () => {
      answer?.close();
      socket.destroy();
    },
  };
}

function parseUrl(text: string): URL {
  if (URL.canParse(text) && new URL(text).protocol === 'https:') return new URL(text);
  throw new AppError('UNREACHABLE', 'The URL of the file is no https:// URL.', { hint: 'Correct the setting url.' });
}

/** Checks that the authorization can't add other headers, for example by a line end. */
function checkAuthorization(authorization: string): void {
  try {
    validateHeaderValue('authorization', authorization);
  } catch {
    throw new AppError('SIGN_IN_REFUSED', 'The authorization contains characters that a header cannot have.', {
      hint: 'Give it again, on one line, such as "Bearer …".',
    });
  }
}

function etagOf({ headers }: HttpsAnswer): string | null {
  return headers.etag !== undefined && headers.etag !== '' && headers.etag.length <= longestEtag ? headers.etag : null;
}

/** Throws AppError for an answer without a file. The message never contains text of the answer, which could be anything. */
function checkAnswer({ status, headers, url }: HttpsAnswer, authorized: boolean): void {
  const refuse = (code: string, why: string, hint: string): never => {
    throw new AppError(code, `${shownUrl(url)} ${why}.`, { hint });
  };
  if (status === 401 || status === 403)
    refuse(
      'SIGN_IN_REFUSED',
      `refuses to give the file (HTTP ${status})`,
      authorized
        ? 'Check the authorization: it may have expired, or have no right to this file.'
        : 'Give authorization, e.g. "Bearer …", or let the server give the file to everybody.',
    );
  if (status === 404 || status === 410)
    refuse(
      'FILE_NOT_FOUND',
      `has no such file (HTTP ${status})`,
      'Check the URL, and that the file is still exported.',
    );
  if (status === 429 || status === 503)
    refuse('SERVER_BUSY', `is too busy to answer (HTTP ${status})`, 'Run again later, or less often.');
  if (status !== 200)
    refuse('INVALID_RESPONSE', `answers with HTTP ${status}`, 'Check the URL in a browser, and the log of the server.');
  if (/^(?:text\/html|application\/xhtml)/i.test(headers['content-type'] ?? ''))
    refuse(
      'INVALID_RESPONSE',
      'answers with a web page, not a file',
      'A sign-in page may stand before the file: give authorization, or a URL that leads to the file itself.',
    );
}
