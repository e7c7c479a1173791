import { X509Certificate } from 'node:crypto';

/** All certificates of a system are about 200,000 characters. A connection needs one of them, or a few. */
export const LONGEST_PEM = 100_000;

const begin = '-----BEGIN CERTIFICATE-----';
const end = '-----END CERTIFICATE-----';

/** The certificates of a PEM, in order, or why there are none. */
export type Certificates =
  | { kind: 'ok'; certificates: [X509Certificate, ...X509Certificate[]] }
  | { kind: 'error'; message: string };

/** Reads the certificates of a PEM. Text around them is ignored, but a private key is refused: it is no secret here. */
export function readCertificates(pem: string): Certificates {
  if (/PRIVATE KEY/.test(pem))
    return { kind: 'error', message: 'This holds a private key. Only certificates belong here.' };
  const certificates: X509Certificate[] = [];
  for (let at = pem.indexOf(begin); at >= 0; at = pem.indexOf(begin, at + begin.length)) {
    const until = pem.indexOf(end, at);
    const certificate = until < 0 ? null : parsed(pem.slice(at, until + end.length));
    if (certificate === null)
      return { kind: 'error', message: `Certificate ${certificates.length + 1} in it can not be read.` };
    certificates.push(certificate);
  }
  const [first, ...others] = certificates;
  if (first === undefined) return { kind: 'error', message: `A PEM begins with "${begin}".` };
  return { kind: 'ok', certificates: [first, ...others] };
}

function parsed(pem: string): X509Certificate | null {
  try {
    return new X509Certificate(pem);
  } catch {
    return null;
  }
}
