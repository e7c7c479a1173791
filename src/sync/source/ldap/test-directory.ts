import { AppError } from '../../../core/app-error.ts';
import type { Secrets } from '../../../core/connection.ts';
import type { CheckStatus, ConnectionCheck, ConnectionTest, OpenOptions } from '../../../core/source-session.ts';
import { flavours } from './flavour.ts';
import { findIdAttribute } from './id-attribute.ts';
import { accountOf, type LdapSettings, moreRights } from './ldap-settings.ts';
import type { OpenStep } from './open-connection.ts';
import { checkBase, type Reached, reach } from './reach.ts';
import type { ServerInfo } from './root-dse.ts';

/** The steps in their order. */
const steps = ['Reach', 'TLS', 'Sign-in', 'Server', 'Paging', 'Base DN', 'People'] as const;
type Step = (typeof steps)[number];

/** The step that an error belongs to, even if it appeared in another one. */
const stepOf: Partial<Record<string, Step>> = {
  UNREACHABLE: 'Reach',
  ADDRESS_NOT_ALLOWED: 'Reach',
  TLS_FAILED: 'TLS',
  BIND_REFUSED: 'Sign-in',
  PAGING_REFUSED: 'Paging',
};

const dayMs = 86_400_000;
/** A certificate that ends within fewer days gets a warning. */
const certificateWarningDays = 30;

/**
 * Connects, looks at the first people and reports each step. A failed step has a code and a hint, and the steps after it are
 * skipped. Throws only the signal's reason.
 */
export async function testDirectory(
  settings: LdapSettings,
  secrets: Secrets,
  options: OpenOptions,
): Promise<ConnectionTest> {
  const report = new TestReport(settings);
  const started = performance.now();
  let reached: Reached | null = null;
  try {
    reached = await reach(settings, secrets, options, (step) => report.opened(step));
    await examine(reached, report, options.signal);
    return report.finished(reached, started, null);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return report.finished(reached, started, error);
  } finally {
    await reached?.connection.close();
  }
}

async function examine(reached: Reached, report: TestReport, signal: AbortSignal): Promise<void> {
  const { connection, server, settings } = reached;
  const account = accountOf(settings);
  const release = connection.obey(signal);
  try {
    report.addServer(server);
    if (server.supports.has('paging')) report.add('Paging', 'OK', `Pages of ${settings.pageSize}.`);
    else if (server.recognised === null)
      report.add('Paging', 'OK', `Pages of ${settings.pageSize}, if the server can: it does not tell.`);
    else
      report.add(
        'Paging',
        'WARN',
        'The server does not offer paged results.',
        'A run needs them: check that the account may use them.',
      );
    report.begin('Base DN');
    for (const baseDn of settings.baseDns) {
      const visible = await checkBase(reached, baseDn);
      if (visible) report.add('Base DN', 'OK', `"${baseDn}" is there.`);
      else
        report.add(
          'Base DN',
          'WARN',
          `The entry "${baseDn}" can not be seen${account === null ? '' : ' by the account'}.`,
          moreRights(account, 'Check its rights: it may not see the people below either.'),
        );
    }
    report.begin('People');
    await examinePeople(reached, report);
  } finally {
    release();
  }
}

async function examinePeople(reached: Reached, report: TestReport): Promise<void> {
  const account = accountOf(reached.settings);
  const id = await findIdAttribute(reached, flavours[reached.server.flavour].people);
  if (id.sampled === 0) {
    report.add(
      'People',
      'WARN',
      'Nobody was found below the base DNs.',
      `Check the base DNs. ${moreRights(account, 'Check that the account may see the people there.')}`,
    );
  } else if (id.readable) {
    report.add('People', 'OK', `People are there, identified by ${id.attribute}.`);
  } else {
    report.add(
      'People',
      'FAIL',
      `People are there, but none shows ${id.attribute}, which identifies them.`,
      moreRights(account, 'Give the account the right to read it, or set idAttribute to one that never changes.'),
    );
  }
}

class TestReport {
  readonly #settings: LdapSettings;
  #checks: (ConnectionCheck & { name: Step })[] = [];
  /** The current step. */
  #underWay: Step = 'Reach';

  constructor(settings: LdapSettings) {
    this.#settings = settings;
  }

  begin(step: Step): void {
    this.#underWay = step;
  }

  add(name: Step, status: CheckStatus, detail: string, advice: string | null = null): void {
    this.#checks.push({ name, status, detail, advice });
  }

  /** What the server is treated as, and whether it says so itself. */
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
    else if (step.kind === 'reached') this.#reached(step.url.url, step.url.secure);
    else if (step.kind === 'secured') this.#secured(step.certificateEnds, step.verified);
    else this.#bound(step.dn);
  }

  /** The complete result. `error` belongs to the step of its code, or else to the current step. */
  finished(reached: Reached | null, started: number, error: AppError | null): ConnectionTest {
    if (error !== null) this.#failed(error);
    for (const name of steps) {
      if (!this.#checks.some((check) => check.name === name)) this.add(name, 'SKIPPED', 'Not tried.');
    }
    const failed = this.#checks.find(({ status }) => status === 'FAIL');
    return {
      ok: failed === undefined,
      code: error?.code ?? (failed === undefined ? null : 'ID_ATTRIBUTE_UNREADABLE'),
      message: error?.message ?? failed?.detail ?? 'The directory can be read.',
      hint: error?.hint ?? failed?.advice ?? null,
      server: reached === null ? null : `${reached.connection.url.url} (${reached.server.label})`,
      latencyMs: Math.round(performance.now() - started),
      checks: this.#checks.sort((a, b) => steps.indexOf(a.name) - steps.indexOf(b.name)),
    };
  }

  #failed(error: AppError): void {
    const named = stepOf[error.code];
    // If a finished step turns out to have failed, the error replaces its check. Warnings about other URLs stay.
    const isRefuted = ({ name, status }: ConnectionCheck): boolean =>
      name === named && !(name === 'Reach' && status === 'WARN');
    this.#checks = this.#checks.filter((check) => !isRefuted(check));
    this.add(named ?? this.#underWay, 'FAIL', error.message, error.hint);
  }

  /** Checks of a server that hung up say nothing about the server of the next URL, so they are dropped. */
  #unreachable(message: string): void {
    this.#checks = this.#checks.filter(({ name, status }) => name === 'Reach' && status === 'WARN');
    this.add('Reach', 'WARN', message, 'The next URL is used meanwhile.');
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
  }

  #bound(dn: string | null): void {
    this.begin('Server');
    if (dn === null)
      this.add(
        'Sign-in',
        'WARN',
        'Nobody signs in.',
        'Set bindDn and bindPassword, unless the server shows its people to everybody.',
      );
    else this.add('Sign-in', 'OK', `Signed in as "${dn}".`);
  }

  #secured(ends: Date | null, verified: boolean): void {
    this.begin('Sign-in');
    if (!verified) {
      this.add(
        'TLS',
        'WARN',
        'Encrypted, but the certificate was not checked.',
        'Turn on tlsVerify, and paste your CA into tlsCa.',
      );
      return;
    }
    const days = ends === null ? Number.POSITIVE_INFINITY : Math.floor((ends.getTime() - Date.now()) / dayMs);
    if (days >= certificateWarningDays) this.add('TLS', 'OK', `The certificate is good for ${days} more days.`);
    else this.add('TLS', 'WARN', `The certificate ends in ${days} days.`, 'Renew it on the server.');
  }
}
