import { readFile, stat } from 'node:fs/promises';
import { createLocalJWKSet, createRemoteJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose';
import { AppError } from '../core/app-error.ts';

/** While the keys can't be fetched, the operator gets at most one message in this time. */
const TOLD_EVERY_MS = 60_000;

/** Errors that are the token's fault: its key is unknown, ambiguous, or not supported. */
const ofToken = [errors.JWKSNoMatchingKey, errors.JWKSMultipleMatchingKeys, errors.JOSENotSupported];

/**
 * The keys that verify access tokens, from a URL or a file. A URL is fetched again after ten minutes, or at an unknown key id (at most
 * every 30 s). A file is read again at an unknown key id. Throws an AppError SIGN_IN_UNAVAILABLE while the keys can't be fetched, and
 * tries again at the next token. `onTrouble` gets the reason.
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
        hint: 'Try again in a moment. If it lasts, the people who run this service must check AUTH_JWKS and the server at that address.',
        cause: error,
      });
    }
  };
}

/**
 * Checks once whether the keys can be fetched and at least one can verify a token. `onTrouble` gets the result if not. A start need
 * not wait for it.
 */
export async function checkKeySet(
  source: { kind: 'url'; url: URL } | { kind: 'file'; path: string },
  onTrouble: (message: string, error?: unknown) => void,
): Promise<void> {
  try {
    const text =
      source.kind === 'file'
        ? await readFile(source.path, 'utf8')
        : await (await fetch(source.url, { signal: AbortSignal.timeout(5000) })).text();
    const { keys } = JSON.parse(text) as { keys?: unknown };
    if (!Array.isArray(keys) || keys.length === 0) onTrouble('The key set of AUTH_JWKS is empty: nobody can sign in');
    else if (!keys.some(isUsable)) {
      onTrouble('The key set of AUTH_JWKS has no key for RS256, ES256 or EdDSA: nobody can sign in');
    }
  } catch (error) {
    onTrouble("The keys of AUTH_JWKS can't be fetched: nobody can sign in until then", error);
  }
}

function isUsable(key: unknown): boolean {
  if (typeof key !== 'object' || key === null) return false;
  const { kty, crv, use, alg } = key as Record<string, unknown>;
  const fits =
    (kty === 'RSA' && 'n' in key) || (kty === 'EC' && crv === 'P-256') || (kty === 'OKP' && crv === 'Ed25519');
  return (
    fits &&
    (use === undefined || use === 'sig') &&
    (alg === undefined || ['RS256', 'ES256', 'EdDSA', 'Ed25519'].includes(String(alg)))
  );
}

function fileKeySet(path: string): JWTVerifyGetKey {
  let current: { keys: JWTVerifyGetKey; version: string } | null = null;
  return async (header, token) => {
    const { ino, size, mtimeNs } = await stat(path, { bigint: true });
    const version = `${ino} ${size} ${mtimeNs}`;
    if (current?.version !== version) {
      const parsed: JSONWebKeySet = JSON.parse(await readFile(path, 'utf8'));
      current = { keys: createLocalJWKSet(parsed), version };
    }
    return current.keys(header, token);
  };
}
