import { readFile } from 'node:fs/promises';
import { createLocalJWKSet, createRemoteJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose';
import { AppError } from '../core/app-error.ts';

/** While the keys can't be had, the operator is told this often at most, however many requests come. */
const TOLD_EVERY_MS = 60_000;

/** What a token can be to blame for: its key is not among ours, or can't be told from others, or is of no use here. */
const ofToken = [errors.JWKSNoMatchingKey, errors.JWKSMultipleMatchingKeys, errors.JOSENotSupported];

/**
 * The keys that verify access tokens, by URL or path. A URL is asked again after ten minutes, or at a key id that is not
 * known (at most every 30 s); a file is read again at a key id that is not known. Throws an AppError SIGN_IN_UNAVAILABLE
 * when they can't be had, and tries anew at the next token. `onTrouble` hears why.
 */
export function openKeySet(
  source: { kind: 'url'; url: URL } | { kind: 'file'; path: string },
  onTrouble: (error: unknown) => void,
): JWTVerifyGetKey {
  const keys =
    source.kind === 'url' ? createRemoteJWKSet(source.url, { timeoutDuration: 5000 }) : fileKeySet(source.path);
  let toldAt = Number.NEGATIVE_INFINITY;
  return async (header, token) => {
    try {
      return await keys(header, token);
    } catch (error) {
      if (ofToken.some((kind) => error instanceof kind)) throw error;
      if (performance.now() - toldAt > TOLD_EVERY_MS) {
        toldAt = performance.now();
        onTrouble(error);
      }
      throw new AppError('SIGN_IN_UNAVAILABLE', "The keys that verify access tokens can't be fetched.", {
        hint: 'Try again in a moment. If it lasts, whoever runs this service looks at AUTH_JWKS and at what answers there.',
        cause: error,
      });
    }
  };
}

function fileKeySet(path: string): JWTVerifyGetKey {
  let current: JWTVerifyGetKey | null = null;
  const read = async () => {
    const parsed: JSONWebKeySet = JSON.parse(await readFile(path, 'utf8'));
    current = createLocalJWKSet(parsed);
    return current;
  };
  return async (header, token) => {
    const known = current;
    if (known === null) return (await read())(header, token);
    try {
      return await known(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
      return (await read())(header, token);
    }
  };
}
