import { readFile } from 'node:fs/promises';
import { createLocalJWKSet, createRemoteJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose';

/**
 * The keys that verify access tokens, by URL or path. A URL is asked again after ten minutes, or at a key id that is not
 * known (at most every 30 s); a file is read again at a key id that is not known.
 */
export const openKeySet = (source: { kind: 'url'; url: URL } | { kind: 'file'; path: string }): JWTVerifyGetKey =>
  source.kind === 'url' ? createRemoteJWKSet(source.url, { timeoutDuration: 5000 }) : fileKeySet(source.path);

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
