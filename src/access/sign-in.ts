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

/** How many verified tokens are remembered; those used last are kept. */
const MOST_REMEMBERED = 10_000;
/** So long a token may outlive its key, once we know that the key was taken out of the key set. */
const REMEMBERED_MS = 10_000;

/**
 * Sign-in by JWT: RS256, ES256 or EdDSA. Issuer, audience and expiry are checked without leeway. A token is verified again every ten
 * seconds; in between, only its expiry is checked.
 */
export function createSignIn({ keys, issuer, audience, admit }: SignInOptions): SignIn {
  const remembered = new LRUCache<string, Claims>({ max: MOST_REMEMBERED, ttl: REMEMBERED_MS });
  return async (authorization) => {
    const token = bearerToken(authorization);
    const tokenId = hash('sha256', token, 'base64url');
    let claims = remembered.get(tokenId);
    if (claims === undefined || claims.viewer.expiresAt.getTime() <= Date.now()) {
      const { payload } = await verified(token, keys, { issuer, audience });
      claims = readClaims(payload);
      remembered.set(tokenId, claims);
    }
    await admit(claims.workspace);
    return { ...claims.viewer, tokenId };
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
