import { AppError } from '../../../../core/app-error.ts';
import type { CheckStatus } from '../../../../core/source-session.ts';
import { normalName } from '../attribute-name.ts';
import { openFeed } from '../feed/open-feed.ts';
import { present } from '../filter/filter.ts';
import { flavours } from '../flavour.ts';
import type { IdFinding } from '../id-attribute.ts';
import { openChanges } from '../incremental/open-changes.ts';
import { moreRights, signedInAs } from '../ldap-settings.ts';
import type { Reached } from '../reach.ts';
import { countEntries, countText } from './count-entries.ts';
import { type AccountSample, sampleAccounts } from './sample-accounts.ts';
import { clockAhead, queryPolicy } from './server-limits.ts';

/** The checks of this file, in their order. */
export type FurtherStep = 'Clock' | 'Limits' | 'Attributes' | 'Changes' | 'Entries' | 'Emails' | 'Fields';

/** Adds a check to the report. */
export type AddCheck = (step: FurtherStep, status: CheckStatus, detail: string, advice?: string | null) => void;

/** The longest time for all checks. Checks that are not done by then are skipped. */
const longestSeconds = 20;
/** A larger difference between two clocks gets a warning: signing in by Kerberos fails at five minutes, and times in logs mislead. */
const clockWarningSeconds = 60;

type Examination = { reached: Reached; id: IdFinding; add: AddCheck; at: Date };

/**
 * Makes further checks of a directory that a run could read. They never fail a test: a check that does not succeed is
 * skipped, with the reason. When the time is over, the connection can't be used any more. Throws the signal's reason,
 * unless it is an AppError.
 */
export async function examineFurther(
  reached: Reached,
  id: IdFinding,
  add: AddCheck,
  signal: AbortSignal,
): Promise<void> {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(tooLate()), longestSeconds * 1000);
  const release = reached.connection.obey(AbortSignal.any([signal, late.signal]));
  const examination = { reached, id, add, at: new Date() };
  try {
    await orSkip(add, ['Clock'], () => examineClock(examination));
    const sample = await orSkip(add, ['Attributes', 'Emails', 'Fields'], () =>
      sampleAccounts(reached, id, examination.at),
    );
    await orSkip(add, ['Limits'], () => examineLimits(examination, sample));
    await orSkip(add, ['Changes'], () => examineChanges(examination));
    if (sample !== null) examineSample(examination, sample);
    await orSkip(add, ['Entries'], () => examineEntries(examination, sample));
  } finally {
    clearTimeout(timer);
    release();
  }
}

/** Null: the check did not succeed, and its steps are skipped. */
async function orSkip<T>(add: AddCheck, steps: readonly FurtherStep[], work: () => Promise<T>): Promise<T | null> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    for (const step of steps) add(step, 'SKIPPED', `Not found out: ${error.message}`, error.hint);
    return null;
  }
}

function tooLate(): AppError {
  return new AppError('TIMEOUT', `There was no more time: these checks take at most ${longestSeconds} s.`, {
    hint: 'The server is slow. Test again when it is less busy.',
  });
}

async function examineClock({ reached, add }: Examination): Promise<void> {
  const ahead = await clockAhead(reached);
  if (ahead === null)
    add('Clock', 'SKIPPED', 'This server does not tell its time (currentTime): only Active Directory and Samba do.');
  else if (Math.abs(ahead) <= clockWarningSeconds)
    add('Clock', 'OK', `Its clock differs by ${Math.abs(ahead)} s from that of this service.`);
  else
    add(
      'Clock',
      'WARN',
      `Its clock is ${Math.abs(ahead)} s ${ahead > 0 ? 'ahead of' : 'behind'} that of this service.`,
      'Set both by NTP: certificates and accounts would begin and expire at wrong times.',
    );
}

async function examineLimits({ reached, add }: Examination, sample: AccountSample | null): Promise<void> {
  const { pageSize } = reached.settings;
  const policy = await queryPolicy(reached);
  const most = policy?.pageSize ?? null;
  if (most !== null && pageSize > most)
    add(
      'Limits',
      'WARN',
      `Pages of ${pageSize} are asked for, and the server sends at most ${most}.`,
      `Set pageSize to ${most}.`,
    );
  else if (most !== null) add('Limits', 'OK', `Pages of ${pageSize} are asked for, and the server allows ${most}.`);
  else if (sample !== null) addFirstPage(add, pageSize, sample);
  if (policy?.valueRange != null)
    add(
      'Limits',
      'OK',
      `Attributes with more than ${policy.valueRange} values come in parts, which a run puts together.`,
    );
  else if (!flavours[reached.server.flavour].isActiveDirectory)
    add('Limits', 'OK', 'This kind of server sends all values of an attribute at once.');
  else
    add(
      'Limits',
      'SKIPPED',
      "The server's query policy (lDAPAdminLimits) can not be read. Attributes in parts are read all the same.",
    );
}

function addFirstPage(add: AddCheck, pageSize: number, { firstPage: { entries, more } }: AccountSample): void {
  if (more && entries < pageSize)
    add(
      'Limits',
      'WARN',
      `A page of ${pageSize} was asked for, and ${entries} entries came, with more to follow.`,
      `The server seems to allow no more on a page: set pageSize to ${Math.max(1, entries)}.`,
    );
  else if (more) add('Limits', 'OK', `A page of ${pageSize} was asked for, and as many entries came.`);
  else add('Limits', 'OK', `A page of ${pageSize} was asked for, and all people (${entries}) were on it.`);
}

async function examineChanges({ reached, id, add, at }: Examination): Promise<void> {
  const { settings, server } = reached;
  const { marks, next } = await openChanges(reached, { since: null, attributes: [], at }, id);
  const because = marks === null ? (next({}).noCursorBecause ?? 'The server tells nothing about changes.') : null;
  const heard = server.supports.has('persistentSearch') || server.supports.has('contentSync');
  const asked = flavours[server.flavour].isActiveDirectory ? server.highestUsn !== null : id.changeAttribute !== null;
  const report = because === null ? await reportOf(reached, id) : { detail: '', advice: null };
  const runs =
    because === null
      ? `Runs read only what has changed (${id.changeAttribute}).${report.detail}`
      : `Each run reads everybody. ${because}`;
  const watch = heard
    ? 'The server tells of changes at once, so the connection can be continuous.'
    : asked
      ? 'It is asked for changes every second, so the connection can be continuous.'
      : 'The connection can not be continuous.';
  const isFine = because === null && (heard || asked);
  const rights = `Let the account read ${flavours[server.flavour].changeAttribute.name}.`;
  add(
    'Changes',
    isFine ? 'OK' : 'WARN',
    `${runs} ${watch}`,
    isFine ? report.advice : moreRights(signedInAs(settings), rights),
  );
}

/** Whether the server reports what was touched, as a sentence after others, and what to do if it does not. An empty sentence: servers of its kind never do. */
async function reportOf(reached: Reached, id: IdFinding): Promise<{ detail: string; advice: string | null }> {
  const feed = await openFeed(reached, { filter: flavours[reached.server.flavour].people }, id);
  if (!('because' in feed))
    return {
      detail: ' The server reports which entries have been touched, so nobody else is asked for.',
      advice: null,
    };
  const { because, advice = null } = feed;
  return { detail: because === null ? '' : ` The change marks of everybody are compared, because ${because}.`, advice };
}

/** Flags that mark an account as disabled. The other flags mark accounts that belong to no person. */
const disabling = new Set([
  ...['userAccountControl', 'nsAccountLock', 'loginDisabled', 'msDS-UserAccountDisabled'],
  ...['pwdAccountLockedTime', 'accountExpires'],
]);

function examineSample(examination: Examination, sample: AccountSample): void {
  const { add } = examination;
  if (sample.people === 0) {
    for (const step of ['Attributes', 'Emails', 'Fields'] as const) add(step, 'SKIPPED', 'Nobody was found.');
    return;
  }
  examineAttributes(examination, sample);
  if (sample.survey.people === 0) {
    for (const step of ['Emails', 'Fields'] as const) add(step, 'SKIPPED', 'No enabled account was found.');
    return;
  }
  const [emails, fields] = [sample.survey.emails(), sample.survey.fields()];
  add('Emails', emails.status, emails.detail, emails.advice);
  add('Fields', fields.status, fields.detail, fields.advice);
}

function examineAttributes({ reached, id, add }: Examination, { people, shown }: AccountSample): void {
  const { flags, constantFlags, changeAttribute } = flavours[reached.server.flavour];
  const account = signedInAs(reached.settings);
  const showing = (name: string): number => shown.get(normalName(name)) ?? 0;
  const rate = (name: string): string => `${name}: shown by ${showing(name)} of ${people} people`;
  const mark = id.changeAttribute ?? changeAttribute.name;
  const all = [
    {
      name: id.attribute,
      what: 'It identifies them',
      without: 'Who does not show it is skipped',
      advice: 'Let the account read it of everybody.',
    },
    {
      name: mark,
      what: 'It tells who has changed',
      without: 'Who does not show it is read at each run',
      advice: 'Let the account read it.',
    },
  ];
  for (const { name, what, without, advice } of all)
    if (showing(name) === people) add('Attributes', 'OK', `${rate(name)}. ${what}.`);
    else add('Attributes', 'WARN', `${rate(name)}. ${what}. ${without}.`, moreRights(account, advice));
  const tells = flags.filter((flag) => disabling.has(flag));
  const seen = tells.filter((flag) => showing(flag) > 0);
  const constant = constantFlags.length > 0;
  const most = Math.max(0, ...constantFlags.map(showing));
  const rates = (seen.length > 0 ? seen : constantFlags.slice(0, 1)).map(rate).join('; ');
  if (constant && most < people)
    add(
      'Attributes',
      'WARN',
      `${rates}. Each account has one: who shows none counts as enabled.`,
      moreRights(account, 'Let the account read them of everybody.'),
    );
  else if (seen.length === 0)
    add(
      'Attributes',
      'OK',
      `None of ${people} people shows a flag of disabled accounts (${tells.join(', ')}), so all count as enabled.`,
    );
  else add('Attributes', 'OK', `${rates}. They tell which accounts are disabled.`);
}

async function examineEntries({ reached, add }: Examination, sample: AccountSample | null): Promise<void> {
  const people =
    sample?.isWhole === true
      ? { entries: sample.people, more: false, because: null }
      : await countEntries(reached, flavours[reached.server.flavour].people);
  const all = await countEntries(reached, present('objectClass'));
  const disabled =
    sample === null || sample.people === 0
      ? ''
      : ` Of ${sample.people} people looked at, ${sample.disabled} are disabled, and ${sample.notPeople} accounts are no person's.`;
  const stopped = people.because ?? all.because;
  const detail = `People: ${countText(people)}. All entries below the base DNs: ${countText(all)}.${disabled}`;
  if (people.because !== null)
    add(
      'Entries',
      'WARN',
      `${detail} ${stopped}`,
      'A run would stop there as well: let the account read more at once.',
    );
  else add('Entries', 'OK', stopped === null ? detail : `${detail} The count of entries ended early: ${stopped}`);
}
