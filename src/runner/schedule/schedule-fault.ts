import { isTimeZone, type Schedule } from '../../core/connection.ts';
import { quoteValue } from '../../core/outside-text.ts';
import type { Fault } from '../../core/user-error.ts';
import { nextTimes } from './next-times.ts';

/** What is wrong with a schedule. It needs five cron fields, an IANA time zone, and a due time after `now`. Null: nothing. */
export function scheduleFault({ cron, timeZone }: Schedule, now: Date): Fault | null {
  if (!isTimeZone(timeZone)) {
    const message = `${quoteValue(timeZone)} is no time zone of the IANA list, such as Europe/Berlin or UTC.`;
    return { path: ['timeZone'], code: 'INVALID_TIME_ZONE', message };
  }
  const fault =
    cronFault(cron) ?? (comes({ cron, timeZone }, now) ? null : 'No month named here has such a day of month.');
  return fault === null ? null : { path: ['cron'], code: 'INVALID_CRON', message: fault };
}

function comes(schedule: Schedule, now: Date): boolean {
  try {
    return nextTimes(schedule, 1, now).length > 0;
  } catch {
    return false;
  }
}

type CronField = { name: string; least: number; most: number; names: readonly string[] };

const months = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];
const weekdays = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];

/** The fields in the order of the expression. Names stand for the numbers from `least` on. Sunday is 0 and 7. */
const fields: readonly CronField[] = [
  { name: 'minute', least: 0, most: 59, names: [] },
  { name: 'hour', least: 0, most: 23, names: [] },
  { name: 'day of month', least: 1, most: 31, names: [] },
  { name: 'month', least: 1, most: 12, names: months },
  { name: 'day of week', least: 0, most: 7, names: weekdays },
];

const LONGEST_CRON = 200;

/**
 * What is wrong with a cron expression, with the field's name. Numbers, names, lists, ranges and steps are accepted. Other signs (H, L,
 * W, #, ?, @daily) are not, because tools read them differently. Null: nothing.
 */
export function cronFault(cron: string): string | null {
  if (cron.length > LONGEST_CRON) return `A schedule has at most ${LONGEST_CRON} characters.`;
  const texts = cron.trim() === '' ? [] : cron.trim().split(/\s+/);
  if (texts.length !== fields.length) {
    const names = fields.map(({ name }) => name).join(', ');
    return `A schedule has five fields: ${names}, e.g. 0 6 * * MON-FRI; ${texts.length} are given.`;
  }
  for (const [i, field] of fields.entries()) {
    const text = texts[i] ?? '';
    const fault = fieldFault(text, field);
    if (fault !== null) return `The ${field.name} ${quoteValue(text)} ${fault}.`;
  }
  return null;
}

function fieldFault(text: string, field: CronField): string | null {
  const values = new Set<number>();
  for (const item of text.split(',')) {
    const fault = itemFault(item, field);
    if (fault !== null) return fault;
    const named = valuesOf(item, field);
    if (named.some((value) => values.has(value))) return 'names the same value twice';
    for (const value of named) values.add(value);
  }
  return null;
}

/** What is wrong with one item of a list: `*`, a value or a range, with or without a step. */
function itemFault(item: string, field: CronField): string | null {
  const [range = '', step, ...more] = item.split('/');
  if (more.length > 0) return 'has more than one step';
  if (step !== undefined && !(isNumber(step) && Number(step) >= 1 && Number(step) <= field.most))
    return `has a step that is no number from 1 to ${field.most}`;
  if (range === '*') return null;
  const [from, to, ...others] = range.split('-').map((text) => numberOf(text, field));
  if (others.length > 0 || from === undefined || from === null || to === null) return kindOf(field);
  return to !== undefined && to < from ? 'has a range that ends before it begins' : null;
}

/** The values of a correct item. Sunday is 0. */
function valuesOf(item: string, field: CronField): number[] {
  const [range = '', step] = item.split('/');
  const [from, to] = range === '*' ? [field.least, field.most] : range.split('-').map((text) => numberOf(text, field));
  const first = from ?? field.least;
  const last = to ?? (step === undefined ? first : field.most);
  const values: number[] = [];
  for (let value = first; value <= last; value += Number(step ?? 1))
    values.push(field.names === weekdays ? value % 7 : value);
  return values;
}

function kindOf({ least, most, names }: CronField): string {
  return `is not made of numbers from ${least} to ${most}${names.length === 0 ? '' : `, names such as ${names[1]}`}, lists, ranges, steps and *`;
}

/** Null: the text is no value of the field. */
function numberOf(text: string, { least, most, names }: CronField): number | null {
  const named = names.indexOf(text.toUpperCase());
  if (named >= 0) return least + named;
  if (!isNumber(text)) return null;
  const value = Number(text);
  return value >= least && value <= most ? value : null;
}

function isNumber(text: string): boolean {
  return /^[0-9]{1,2}$/.test(text);
}
