import { createPrivateKey, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { BerWriter } from 'ldapts';

/** A certificate and its key, both as PEM. */
export type Certificate = { cert: string; key: string };

export type CertificateOptions = {
  commonName: string;
  /** The host names and IP addresses that it is valid for. */
  hosts?: string[];
  /** The CA that signs it. Left out: the certificate is a CA and signs itself. */
  issuer?: Certificate & { commonName: string };
  notBefore?: Date;
  notAfter?: Date;
};

const day = 86_400_000;

/**
 * Makes a P-256 certificate (X.509 v3), signed by `issuer` or by itself. By default it is valid from yesterday for a
 * year.
 */
export function makeCertificate(options: CertificateOptions): Certificate & { commonName: string } {
  const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const key = pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const signer = options.issuer === undefined ? pair.privateKey : createPrivateKey(options.issuer.key);
  const body = toBeSigned(options, pair.publicKey);
  const writer = new BerWriter();
  writer.startSequence();
  raw(writer, body);
  algorithm(writer);
  writer.writeBuffer(Buffer.concat([Buffer.of(0), sign('sha256', body, signer)]), 0x03);
  writer.endSequence();
  const base64 = writer.buffer.toString('base64').replace(/.{64}/g, '$&\n').trimEnd();
  return {
    cert: `-----BEGIN CERTIFICATE-----\n${base64}\n-----END CERTIFICATE-----\n`,
    key,
    commonName: options.commonName,
  };
}

function toBeSigned(options: CertificateOptions, publicKey: KeyObject): Buffer {
  const now = Date.now();
  const writer = new BerWriter();
  writer.startSequence();
  writer.startSequence(0xa0);
  writer.writeInt(2);
  writer.endSequence();
  writer.writeBuffer(Buffer.concat([Buffer.of(1), randomBytes(8)]), 0x02);
  algorithm(writer);
  name(writer, options.issuer?.commonName ?? options.commonName);
  writer.startSequence();
  writer.writeString(time(options.notBefore ?? new Date(now - day)), 0x18);
  writer.writeString(time(options.notAfter ?? new Date(now + 365 * day)), 0x18);
  writer.endSequence();
  name(writer, options.commonName);
  raw(writer, publicKey.export({ type: 'spki', format: 'der' }));
  writer.startSequence(0xa3);
  writer.startSequence();
  if (options.issuer === undefined) extension(writer, '2.5.29.19', Buffer.of(0x30, 0x03, 0x01, 0x01, 0xff));
  if (options.hosts !== undefined) extension(writer, '2.5.29.17', alternativeNames(options.hosts));
  writer.endSequence();
  writer.endSequence();
  writer.endSequence();
  return writer.buffer;
}

function time(date: Date): string {
  return date.toISOString().replace(/[-:T]|\.\d+/g, '');
}

function raw(writer: BerWriter, der: Buffer): void {
  for (const byte of der) writer.writeByte(byte);
}

function algorithm(writer: BerWriter): void {
  writer.startSequence();
  writer.writeOID('1.2.840.10045.4.3.2', 0x06);
  writer.endSequence();
}

function name(writer: BerWriter, commonName: string): void {
  writer.startSequence();
  writer.startSequence(0x31);
  writer.startSequence();
  writer.writeOID('2.5.4.3', 0x06);
  writer.writeString(commonName, 0x0c);
  writer.endSequence();
  writer.endSequence();
  writer.endSequence();
}

function extension(writer: BerWriter, oid: string, value: Buffer): void {
  writer.startSequence();
  writer.writeOID(oid, 0x06);
  writer.writeBuffer(value, 0x04);
  writer.endSequence();
}

function alternativeNames(hosts: string[]): Buffer {
  const writer = new BerWriter();
  writer.startSequence();
  for (const host of hosts) {
    if (/^[\d.]+$/.test(host)) writer.writeBuffer(Buffer.from(host.split('.').map(Number)), 0x87);
    else writer.writeString(host, 0x82);
  }
  writer.endSequence();
  return writer.buffer;
}
