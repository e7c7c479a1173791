import { hash } from 'node:crypto';
import { errors, type JWTVerifyGetKey, type JWTVerifyResult, jwtVerify } from 'jose';
import { LRUCache } from 'lru-cache';
import type { Viewer } from '../core/access.ts';
import { type Claims, readClaims } from './read-claims.ts';
import { bearerToken, refusedToken } from './refused-token.ts';

export type SignInOptions = {
  keys: JWTVerifyGetKey;
  issuer: string;
  audience: string;
  /** Called with the token's workspace before the person is let in. */
  admit(workspace: Claims['workspace']): Promise<void>;
};

/**
 * Finds the person of an `Authorization` header. Throws an AppError UNAUTHENTICATED or FORBIDDEN, or SIGN_IN_UNAVAILABLE while the keys
 * can't be fetched. Anything else thrown is our own fault.
 */
export type SignIn = (authorization: string | undefined) => Promise<Viewer>;

/** How many verified tokens are remembered, and their characters together. Those used last are kept. */
const MOST_REMEMBERED = 10_000;
const MOST_CHARACTERS = 10_000_000;
/** How long a token is still accepted after its key was removed from the key set. */
const REMEMBERED_MS = 10_000;

/** `until`: a time of `performance.now()`. */
type Remembered = { viewer: Viewer; workspace: Claims['workspace']; until: number };

/**
 * Sign-in by JWT: RS256, ES256 or EdDSA. Issuer, audience and expiry are checked without leeway. A token is verified again every ten
 * seconds; in between, only its expiry is checked.
 */
export function createSignIn({ keys, issuer, audience, admit }: SignInOptions): SignIn {
  const remembered = new LRUCache<string, Remembered>({
    max: MOST_REMEMBERED,
    maxSize: MOST_CHARACTERS,
    sizeCalculation: (_known, token) => token.length,
  });
  const verify = async (token: string): Promise<Remembered> => {
    const { payload } = await verified(token, keys, { issuer, audience });
    const { viewer, workspace } = readClaims(payload);
    const tokenId = hash('sha256', token, 'base64url');
    const known = { viewer: { ...viewer, tokenId }, workspace, until: performance.now() + REMEMBERED_MS };
    remembered.set(token, known);
    return known;
  };
  return async (authorization) => {
    const token = bearerToken(authorization);
    const known = remembered.get(token);
    const isGood = known && known.until > performance.now() && known.viewer.expiresAt.getTime() > Date.now();
    const { viewer, workspace } = isGood ? known : await verify(token);
    await admit(workspace);
    return viewer;
  };
}

async function verified(
  token: string,
  keys: JWTVerifyGetKey,
  expected: { issuer: string; audience: string },
): Promise<JWTVerifyResult> {
  try {
    return await jwtVerify(token, keys, {
      ...expected,
      algorithms: ['RS256', 'ES256', 'EdDSA'],
      requiredClaims: ['exp', 'sub', 'workspace'],
    });
  } catch (error) {
    throw error instanceof errors.JOSEError ? refusedToken(error) : error;
  }
}
