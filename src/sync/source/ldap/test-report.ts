import type { AppError } from '../../../core/app-error.ts';
import { listed, saidText } from '../../../core/outside-text.ts';
import type { CheckStatus, ConnectionCheck, ConnectionTest } from '../../../core/source-session.ts';
import { type Encryption, encryptionText, isOldTls } from './encryption.ts';
import type { FoundServers } from './find-servers.ts';
import { flavours } from './flavour.ts';
import { hasDomain, type LdapSettings } from './ldap-settings.ts';
import type { OpenStep } from './open-connection.ts';
import type { Reached } from './reach.ts';
import type { ServerInfo } from './root-dse.ts';
import type { SignedIn } from './sign-in.ts';

/** The steps in their order. The first is for connections whose servers are found by their domain. */
const steps = [
  'Domain',
  'Reach',
  'TLS',
  'Encryption',
  'Sign-in',
  'Server',
  'Paging',
  'Base DN',
  'People',
  // A failure belongs to a step above. The steps below give advice.
  'Clock',
  'Limits',
  'Attributes',
  'Changes',
  'Entries',
  'Emails',
  'Fields',
] as const;
export type Step = (typeof steps)[number];

/** The step that an error belongs to, even if it appeared in another one. */
const stepOf: Partial<Record<string, Step>> = {
  UNREACHABLE: 'Reach',
  ADDRESS_NOT_ALLOWED: 'Reach',
  TLS_FAILED: 'TLS',
  BIND_REFUSED: 'Sign-in',
  PAGING_REFUSED: 'Paging',
};

const dayMs = 86_400_000;
/** A certificate that expires within this many days gets a warning. */
const certificateWarningDays = 30;

/** Collects the results of a connection test, step by step. */
export class TestReport {
  readonly #settings: LdapSettings;
  readonly #steps: readonly Step[];
  readonly #started = performance.now();
  #readableAt: number | null = null;
  #checks: (ConnectionCheck & { name: Step })[] = [];
  /** The current step. */
  #underWay: Step;

  constructor(settings: LdapSettings) {
    this.#settings = settings;
    this.#steps = hasDomain(settings) ? steps : steps.slice(1);
    this.#underWay = hasDomain(settings) ? 'Domain' : 'Reach';
  }

  /** The first people have come. All that follows takes extra time. */
  readable(): void {
    this.#readableAt = performance.now();
  }

  begin(step: Step): void {
    this.#underWay = step;
  }

  add(name: Step, status: CheckStatus, detail: string, advice: string | null = null): void {
    this.#checks.push({ name, status, detail, advice });
  }

  /** The kind that the server is treated as, and whether the server itself shows it. */
  addServer({ flavour, recognised, label }: ServerInfo): void {
    const { flavour: wanted } = this.#settings;
    const said = recognised === null ? null : flavours[recognised].label;
    if (recognised === flavour) this.add('Server', 'OK', label);
    else if (said === null)
      this.add(
        'Server',
        wanted === 'AUTO' ? 'WARN' : 'OK',
        `The server does not show its root DSE, so it does not tell what it is. It is treated as: ${label}.`,
        wanted === 'AUTO' ? 'Let the account read the root DSE, or set flavour to the kind of server.' : null,
      );
    else if (recognised === 'OTHER')
      this.add('Server', 'OK', `Treated as ${label}, as the settings say: the server itself names no known kind.`);
    else
      this.add(
        'Server',
        'WARN',
        `Treated as ${label}, as the settings say, but the server says that it is ${said}.`,
        'Set flavour to AUTO, unless the server stands behind a proxy that answers in its place.',
      );
  }

  opened(step: OpenStep): void {
    if (step.kind === 'unreachable') this.#unreachable(step.message);
    else if (step.kind === 'found') this.#found(step);
    else if (step.kind === 'reached') this.#reached(step.url.url, step.url.secure);
    else if (step.kind === 'secured') this.#secured(step);
    else this.#bound(step.signedIn);
  }

  /** The complete result. `error` belongs to the step of its code, or else to the current step. */
  finished(reached: Reached | null, error: AppError | null): ConnectionTest {
    if (error !== null) this.#failed(error);
    for (const name of this.#steps) {
      if (!this.#checks.some((check) => check.name === name)) this.add(name, 'SKIPPED', 'Not tried.');
    }
    const failed = this.#checks.find(({ status }) => status === 'FAIL');
    return {
      ok: failed === undefined,
      code: error?.code ?? (failed === undefined ? null : 'ID_ATTRIBUTE_UNREADABLE'),
      message: error?.message ?? failed?.detail ?? 'The directory can be read.',
      hint: error?.hint ?? failed?.advice ?? null,
      server: reached === null ? null : `${reached.connection.url.url} (${reached.server.label})`,
      latencyMs: Math.round((this.#readableAt ?? performance.now()) - this.#started),
      checks: this.#checks.sort((a, b) => steps.indexOf(a.name) - steps.indexOf(b.name)),
    };
  }

  #failed(error: AppError): void {
    const named = this.#underWay === 'Domain' ? 'Domain' : stepOf[error.code];
    // If a finished step turns out to have failed, the error replaces its check. Warnings about other URLs stay.
    const isRefuted = ({ name, status }: ConnectionCheck): boolean =>
      name === named && !(name === 'Reach' && status === 'WARN');
    this.#checks = this.#checks.filter((check) => !isRefuted(check));
    this.add(named ?? this.#underWay, 'FAIL', error.message, error.hint);
  }

  /** Checks of a server that hung up say nothing about the server of the next URL, so they are dropped. */
  #unreachable(message: string): void {
    this.#checks = this.#checks.filter(
      ({ name, status }) => name === 'Domain' || (name === 'Reach' && status === 'WARN'),
    );
    this.add('Reach', 'WARN', message, 'The next server is used meanwhile.');
    this.begin('Reach');
  }

  #found({ servers, site }: FoundServers): void {
    const near = site === null ? '' : ` Those of the site "${site}", where this service is, come first.`;
    this.add('Domain', 'OK', `DNS names ${listed(servers.map(({ url }) => url))}.${near}`);
    this.begin('Reach');
  }

  #reached(url: string, secure: boolean): void {
    this.add('Reach', 'OK', `${url} accepts connections.`);
    this.begin(secure || this.#settings.startTls ? 'TLS' : 'Sign-in');
    if (secure || this.#settings.startTls) return;
    this.add(
      'TLS',
      'WARN',
      'The connection is not encrypted: the password and all data can be read on the way.',
      'Use ldaps:// or turn on startTls.',
    );
    this.add('Encryption', 'SKIPPED', 'There is none.');
  }

  #bound(signedIn: SignedIn): void {
    this.begin('Server');
    if (signedIn.by === 'nobody')
      this.add(
        'Sign-in',
        'WARN',
        'Nobody signs in.',
        'Set bindDn and bindPassword, unless the server shows its people to everybody.',
      );
    else if (signedIn.by === 'password') this.add('Sign-in', 'OK', `Signed in as "${signedIn.dn}".`);
    else {
      const { subject, account } = signedIn;
      const as = account === null ? '' : `, as "${saidText(account)}"`;
      this.add('Sign-in', 'OK', `Signed in with the client certificate of "${subject}"${as}.`);
    }
  }

  #secured({ verified, ownEnds, encryption }: OpenStep & { kind: 'secured' }): void {
    this.begin('Sign-in');
    if (verified) this.#certificate('The certificate', encryption.ends, 'Renew it on the server.');
    else
      this.add(
        'TLS',
        'WARN',
        'Encrypted, but the certificate was not checked.',
        'Turn on tlsVerify, and paste your CA into tlsCa.',
      );
    if (ownEnds !== null)
      this.#certificate('The client certificate', ownEnds, 'Renew it, and give tlsCert and tlsKey again.');
    this.#encrypted(encryption);
  }

  #encrypted(encryption: Encryption): void {
    const { signer } = encryption;
    const detail = encryptionText(encryption);
    const days = signer === null ? Number.POSITIVE_INFINITY : daysUntil(signer.ends);
    if (isOldTls(encryption))
      this.add('Encryption', 'WARN', detail, 'This version of TLS is broken: let the server offer TLS 1.2 or later.');
    else if (signer !== null && days < certificateWarningDays)
      this.add(
        'Encryption',
        'WARN',
        `${detail} That of "${signer.subject}" ends in ${days} days.`,
        'Renew it as well.',
      );
    else this.add('Encryption', 'OK', detail);
  }

  #certificate(which: string, ends: Date | null, advice: string): void {
    const days = ends === null ? Number.POSITIVE_INFINITY : daysUntil(ends);
    if (days >= certificateWarningDays) this.add('TLS', 'OK', `${which} is good for ${days} more days.`);
    else this.add('TLS', 'WARN', `${which} ends in ${days} days.`, advice);
  }
}

function daysUntil(time: Date): number {
  return Math.floor((time.getTime() - Date.now()) / dayMs);
}
