import { randomBytes, randomUUID } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { exportJWK, generateKeyPair, importJWK, type JWK, SignJWT } from 'jose';

/**
 * The keys that the service requires. The demo makes them and keeps them in the data folder, so a second start has the
 * same ones.
 */
export type DemoKeys = {
  jwksFile: string;
  secretsKey: string;
  issuer: string;
  audience: string;
  /** A token of a member with all permissions, valid for a day. Default workspace: the demo's. */
  token(workspaceId?: string): Promise<string>;
};

type Stored = { privateKey: JWK; workspaceId: string; secretsKey: string };

const issuer = 'https://kdesk.example/demo';
const audience = 'kdesk-contact-sync';
const keyId = 'demo';
const algorithm = 'EdDSA';

/** Reads the demo's keys from the folder, or makes them. Only their owner may read the files. */
export async function demoKeys(dataDir: string): Promise<DemoKeys> {
  await mkdir(dataDir, { recursive: true });
  const file = join(dataDir, 'demo-keys.json');
  const stored = (await read(file)) ?? (await make(file));
  const jwksFile = join(dataDir, 'demo-jwks.json');
  const { d: _private, ...publicKey } = stored.privateKey;
  await writeFile(jwksFile, JSON.stringify({ keys: [{ ...publicKey, kid: keyId, alg: algorithm, use: 'sig' }] }), {
    mode: 0o600,
  });
  return {
    jwksFile,
    secretsKey: stored.secretsKey,
    issuer,
    audience,
    token: (workspaceId = stored.workspaceId) => token(stored, workspaceId),
  };
}

async function read(file: string): Promise<Stored | null> {
  const text = await readFile(file, 'utf8').catch(() => null);
  return text === null ? null : JSON.parse(text);
}

async function make(file: string): Promise<Stored> {
  const { privateKey } = await generateKeyPair(algorithm, { extractable: true });
  const stored: Stored = {
    privateKey: await exportJWK(privateKey),
    workspaceId: randomUUID(),
    secretsKey: randomBytes(32).toString('base64'),
  };
  await writeFile(file, JSON.stringify(stored), { mode: 0o600, flag: 'wx' });
  return stored;
}

async function token({ privateKey }: Stored, workspaceId: string): Promise<string> {
  const permissions = [
    'CONTACT_SYNC_VIEW',
    'CONTACT_SYNC_MANAGE',
    'CONTACTS_VIEW',
    'CONTACTS_MANAGE',
    'WORKSPACE_MANAGE',
  ];
  return new SignJWT({
    name: 'Demo Admin',
    kind: 'member',
    workspace: workspaceId,
    workspace_name: 'ACME Widgets',
    workspace_time_zone: 'Europe/Berlin',
    permissions,
  })
    .setProtectedHeader({ alg: algorithm, kid: keyId })
    .setSubject('demo-admin')
    .setIssuer(issuer)
    .setAudience(audience)
    .setIssuedAt()
    .setExpirationTime('1 day')
    .sign(await importJWK(privateKey, algorithm));
}
