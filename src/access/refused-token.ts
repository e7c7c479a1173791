import { errors } from 'jose';
import { AppError } from '../core/app-error.ts';

/** Short enough for the reason of a closed WebSocket (123 bytes with the code). It holds nothing of the token or of our settings. */
const needed =
  'Send `Authorization: Bearer <token>`, in a WebSocket as `authorization` in the payload of connection_init.';

function refused(message: string, options: { hint?: string; cause?: unknown } = {}): AppError {
  return new AppError('UNAUTHENTICATED', message, options);
}

/** The token of an `Authorization` header. Throws an AppError UNAUTHENTICATED that describes the correct form. */
export function bearerToken(authorization: string | undefined): string {
  const text = authorization?.trim() ?? '';
  if (text === '') throw refused('A bearer token is needed.', { hint: needed });
  const [scheme = '', token, more] = text.split(/\s+/);
  if (!/^bearer$/i.test(scheme)) throw refused('The authorization must begin with `Bearer `.', { hint: needed });
  if (token === undefined) throw refused('There is no token after `Bearer `.', { hint: needed });
  if (more !== undefined) throw refused('There is more than one token after `Bearer `.', { hint: needed });
  if (token.split('.').length !== 3) {
    throw refused('The access token is no JWT: it must have three parts with dots between them.');
  }
  return token;
}

/** Why jose refuses a token, in words that help its sender to correct it. */
export function refusedToken(cause: errors.JOSEError): AppError {
  if (cause instanceof errors.JWTExpired)
    return refused(`The access token has expired${at(cause.payload.exp)}.`, { cause });
  if (cause instanceof errors.JWTClaimValidationFailed) return refused(claimFault(cause), { cause });
  const [, message] = reasons.find(([kind]) => cause instanceof kind) ?? [];
  return refused(message ?? 'The access token is not valid here.', { cause });
}

const reasons: [abstract new (...args: never[]) => errors.JOSEError, string][] = [
  [errors.JWKSNoMatchingKey, 'The access token is signed with a key (`kid`, `alg`) that is not known here.'],
  [errors.JWKSMultipleMatchingKeys, 'The access token must name its key in `kid`: several fit.'],
  [errors.JOSEAlgNotAllowed, 'The access token must be signed with RS256, ES256 or EdDSA.'],
  [errors.JOSENotSupported, 'The access token must be signed with RS256, ES256 or EdDSA.'],
  [errors.JWSSignatureVerificationFailed, "The access token's signature does not fit its key."],
  [errors.JWSInvalid, 'The access token is no JWT that can be read.'],
  [errors.JWTInvalid, 'The access token is no JWT that can be read.'],
];

function claimFault({ claim, reason }: errors.JWTClaimValidationFailed): string {
  if (claim === 'iss' && reason === 'check_failed')
    return "The access token's issuer (`iss`) is not the one expected here.";
  if (claim === 'aud' && reason === 'check_failed')
    return "The access token's audience (`aud`) is not the one expected here.";
  if (claim === 'nbf' && reason === 'check_failed') return 'The access token is not valid yet (`nbf`).';
  return `The access token's claim \`${claim}\` is missing or malformed.`;
}

function at(seconds: unknown): string {
  const date = new Date(typeof seconds === 'number' ? seconds * 1000 : Number.NaN);
  return Number.isNaN(date.getTime()) ? '' : `: ${date.toISOString()}`;
}
