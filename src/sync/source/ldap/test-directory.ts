import { AppError } from '../../../core/app-error.ts';
import type { Secrets } from '../../../core/connection.ts';
import type { ConnectionTest, OpenOptions } from '../../../core/source-session.ts';
import { examineFurther } from './doctor/examine-further.ts';
import { flavours } from './flavour.ts';
import { findIdAttribute, type IdFinding } from './id-attribute.ts';
import { type LdapSettings, moreRights, signedInAs } from './ldap-settings.ts';
import { checkBase, type Reached, reach } from './reach.ts';
import { TestReport } from './test-report.ts';

/**
 * Connects, reads the first people, makes further checks of the directory, and reports each step. A failed step has a
 * code and a hint, and the steps after it are skipped. Throws only the signal's reason.
 */
export async function testDirectory(
  settings: LdapSettings,
  secrets: Secrets,
  options: OpenOptions,
): Promise<ConnectionTest> {
  const report = new TestReport(settings);
  let reached: Reached | null = null;
  try {
    reached = await reach(settings, secrets, options, (step) => report.opened(step));
    const id = await examine(reached, report, options.signal);
    report.readable();
    if (id.readable) await examineFurther(reached, id, (...check) => report.add(...check), options.signal);
    return report.finished(reached, null);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return report.finished(reached, error);
  } finally {
    await reached?.connection.close();
  }
}

async function examine(reached: Reached, report: TestReport, signal: AbortSignal): Promise<IdFinding> {
  const { connection, server, settings } = reached;
  const account = signedInAs(settings);
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
    return await examinePeople(reached, report);
  } finally {
    release();
  }
}

async function examinePeople(reached: Reached, report: TestReport): Promise<IdFinding> {
  const account = signedInAs(reached.settings);
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
    if (id.hiddenFlags.length > 0)
      report.add(
        'People',
        'WARN',
        `None of them shows ${id.hiddenFlags.join(' or ')}, so disabled accounts would count as enabled.`,
        moreRights(account, 'Give the account the right to read it.'),
      );
  } else {
    report.add(
      'People',
      'FAIL',
      `People are there, but none shows ${id.attribute}, which identifies them.`,
      moreRights(account, 'Give the account the right to read it, or set idAttribute to one that never changes.'),
    );
  }
  return id;
}
