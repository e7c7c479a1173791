import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import { AppError } from '../../core/app-error.ts';

/** The row that a secret belongs to. A secret can only be opened for the row that it was sealed for. */
export type SecretRow = { workspaceId: string; connectionId: string; name: string };

export type Sealed = { keyId: string; sealed: Buffer };

export type Sealer = {
  /** Seals with the first key. */
  seal(secret: string, row: SecretRow): Sealed;
  /** Opens with the key it was sealed with. AppError SECRET_UNREADABLE when that key is missing or the row is another one. */
  open(secret: SecretRow & Sealed): string;
};

const ALGORITHM = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/**
 * Encrypts secrets for the database with AES-256-GCM. A sealed secret is nonce, tag and ciphertext; the row's identity is the
 * associated data. `keys` have 32 bytes each. The first one seals and all of them open, so keys can be rotated.
 */
export function createSealer(keys: readonly Buffer[]): Sealer {
  const [first] = keys;
  if (first === undefined || keys.some((key) => key.length !== 32)) throw new Error('A sealing key has 32 bytes.');
  const byId = new Map(keys.map((key) => [idOf(key), key]));
  return {
    seal: (secret, row) => ({ keyId: idOf(first), sealed: encrypt(first, secret, row) }),
    open: (secret) => {
      const key = byId.get(secret.keyId);
      if (key === undefined) throw unreadable(`the key it was encrypted with (${secret.keyId}) is not in SECRETS_KEY`);
      try {
        return decrypt(key, secret.sealed, secret);
      } catch (cause) {
        throw unreadable('it has been changed, or belongs to another connection', cause);
      }
    },
  };
}

/** Identifies a key without revealing anything about it. */
function idOf(key: Buffer): string {
  return createHash('sha256').update('contact-sync key id').update(key).digest('hex').slice(0, 16);
}

function identity({ workspaceId, connectionId, name }: SecretRow): Buffer {
  return Buffer.from(
    JSON.stringify(['connection_secret', workspaceId.toLowerCase(), connectionId.toLowerCase(), name]),
  );
}

function encrypt(key: Buffer, secret: string, row: SecretRow): Buffer {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(ALGORITHM, key, nonce).setAAD(identity(row));
  const encrypted = Buffer.concat([cipher.update(secret, 'utf8'), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), encrypted]);
}

function decrypt(key: Buffer, sealed: Buffer, row: SecretRow): string {
  const text = NONCE_BYTES + TAG_BYTES;
  const cipher = createDecipheriv(ALGORITHM, key, sealed.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES })
    .setAAD(identity(row))
    .setAuthTag(sealed.subarray(NONCE_BYTES, text));
  return Buffer.concat([cipher.update(sealed.subarray(text)), cipher.final()]).toString('utf8');
}

function unreadable(why: string, cause?: unknown): AppError {
  return new AppError('SECRET_UNREADABLE', `The connection's stored password can't be decrypted: ${why}.`, {
    hint: 'Put the key that was in use into SECRETS_KEY again (new,old), or enter the password again.',
    cause,
  });
}
