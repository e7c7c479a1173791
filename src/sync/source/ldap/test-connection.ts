import { AppError } from '../../../core/app-error.ts';
import type { LdapSecrets, LdapSettings } from '../../../core/connection.ts';
import type { CheckStatus, ConnectionCheck, ConnectionTest, OpenOptions } from '../../../core/directory.ts';
import { peopleFilter } from './filter/scope-filter.ts';
import { findIdAttribute } from './id-attribute.ts';
import type { OpenStep } from './open-connection.ts';
import { checkBase, type Reached, reach } from './reach.ts';
import { pagedResultsOid } from './search-result.ts';

/** The steps in the order in which they are tried. */
const steps = ['Reach', 'TLS', 'Sign-in', 'Server', 'Paging', 'Base DN', 'People'] as const;
type Step = (typeof steps)[number];

const dayMs = 86_400_000;
/** A certificate that ends sooner gets a warning. */
const certificateWarningDays = 30;

/**
 * Connects and reads one page of people, telling each step. What fails is told with its code and hint, and the steps
 * after it are skipped. Throws only the signal's reason, and our own bugs.
 */
export async function testConnection(
  settings: LdapSettings,
  secrets: LdapSecrets,
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
  const release = connection.obey(signal);
  try {
    report.add('Server', 'OK', server.label);
    const pages = server.controls.has(pagedResultsOid);
    if (pages) report.add('Paging', 'OK', `Pages of ${settings.pageSize}.`);
    else
      report.add(
        'Paging',
        'WARN',
        'The server does not offer paged results.',
        'A run needs them: check that the account may use them.',
      );
    for (const baseDn of settings.baseDns) {
      const visible = await checkBase(reached, baseDn);
      if (visible) report.add('Base DN', 'OK', `"${baseDn}" is there.`);
      else
        report.add(
          'Base DN',
          'WARN',
          `The account can not see the entry "${baseDn}".`,
          'Check its rights: it may not see the people below either.',
        );
    }
    await examinePeople(reached, report);
  } finally {
    release();
  }
}

async function examinePeople(reached: Reached, report: TestReport): Promise<void> {
  const id = await findIdAttribute(reached, peopleFilter(reached.server.flavour));
  if (id.sampled === 0) {
    report.add(
      'People',
      'WARN',
      'Nobody was found below the base DNs.',
      'Check the base DNs, and that the account may see the people there.',
    );
  } else if (id.readable) {
    report.add('People', 'OK', `People are there, known by ${id.attribute}.`);
  } else {
    const advice = 'Give the account the right to read it, or set idAttribute to one that never changes.';
    report.add(
      'People',
      'FAIL',
      `People are there, but none shows ${id.attribute}, by which they would be known.`,
      advice,
    );
  }
}

class TestReport {
  readonly #settings: LdapSettings;
  #checks: (ConnectionCheck & { name: Step })[] = [];

  constructor(settings: LdapSettings) {
    this.#settings = settings;
  }

  add(name: Step, status: CheckStatus, detail: string, advice: string | null = null): void {
    this.#checks.push({ name, status, detail, advice });
  }

  opened(step: OpenStep): void {
    if (step.kind === 'unreachable') this.#unreachable(step.message);
    else if (step.kind === 'reached') this.#reached(step.url.url, step.url.secure);
    else if (step.kind === 'secured') this.#secured(step.certificateEnds, step.verified);
    else if (step.dn === null)
      this.add(
        'Sign-in',
        'WARN',
        'Nobody signs in.',
        'Most servers show little to the unknown: set bindDn and bindPassword.',
      );
    else this.add('Sign-in', 'OK', `Signed in as "${step.dn}".`);
  }

  /** The whole answer: what failed is the first step that has no finding yet. */
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
    const has = (name: Step): boolean => this.#checks.some((check) => check.name === name && check.status !== 'WARN');
    const byCode: Partial<Record<string, Step>> = {
      UNREACHABLE: 'Reach',
      ADDRESS_NOT_ALLOWED: 'Reach',
      TLS_FAILED: 'TLS',
      BIND_REFUSED: 'Sign-in',
      BASE_DN_NOT_FOUND: 'Base DN',
      PAGING_REFUSED: 'Paging',
    };
    const step = byCode[error.code] ?? steps.find((name) => !has(name)) ?? 'People';
    const own = this.#checks.findIndex((check) => check.name === step && check.status === 'OK');
    if (own >= 0 && step !== 'Base DN') this.#checks.splice(own, 1);
    this.add(step, 'FAIL', error.message, error.hint);
  }

  /** What was found before its server hung up says nothing of the next URL's. */
  #unreachable(message: string): void {
    this.#checks = this.#checks.filter(({ name, status }) => name === 'Reach' && status === 'WARN');
    this.add('Reach', 'WARN', message, 'The next URL is used meanwhile.');
  }

  #reached(url: string, secure: boolean): void {
    this.add('Reach', 'OK', `${url} accepts connections.`);
    if (secure || this.#settings.startTls) return;
    this.add(
      'TLS',
      'WARN',
      'The connection is not encrypted: the password and all data can be read on the way.',
      'Use ldaps:// or turn on startTls.',
    );
  }

  #secured(ends: Date | null, verified: boolean): void {
    if (!verified) {
      this.add(
        'TLS',
        'WARN',
        'Encrypted, but whose certificate it is was not checked.',
        'Turn on tlsVerify, and paste your CA into tlsCa.',
      );
      return;
    }
    const days = ends === null ? Number.POSITIVE_INFINITY : Math.floor((ends.getTime() - Date.now()) / dayMs);
    if (days >= certificateWarningDays) this.add('TLS', 'OK', `The certificate is good for ${days} more days.`);
    else this.add('TLS', 'WARN', `The certificate ends in ${days} days.`, 'Renew it on the server.');
  }
}
