import { hash } from 'node:crypto';
import { errors, type JWTVerifyGetKey, type JWTVerifyResult, jwtVerify } from 'jose';
import type { Viewer } from '../core/access.ts';
import { type Claims, readClaims } from './read-claims.ts';
import { bearerToken, refusedToken } from './refused-token.ts';

export type SignInOptions = {
  keys: JWTVerifyGetKey;
  issuer: string;
  audience: string;
  /** Called with the token's workspace before anybody is let in. */
  admit(workspace: Claims['workspace']): Promise<void>;
};

/**
 * Who an `Authorization` header speaks for. AppError UNAUTHENTICATED or FORBIDDEN, or SIGN_IN_UNAVAILABLE while the keys
 * can't be had; anything else thrown is ours.
 */
export type SignIn = (authorization: string | undefined) => Promise<Viewer>;

/** Sign-in by JWT: RS256, ES256 or EdDSA, issuer, audience and expiry checked without leeway. */
export const createSignIn =
  ({ keys, issuer, audience, admit }: SignInOptions): SignIn =>
  async (authorization) => {
    const token = bearerToken(authorization);
    const { payload } = await verified(token, keys, { issuer, audience });
    const { viewer, workspace } = readClaims(payload);
    await admit(workspace);
    return { ...viewer, tokenId: hash('sha256', token, 'base64url') };
  };

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
