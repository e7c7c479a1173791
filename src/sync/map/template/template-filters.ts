import { type FilterImplOptions, filters } from 'liquidjs';
import { budgetOf, sizeOf } from './template-budget.ts';

type Handler = Extract<FilterImplOptions, (...args: never[]) => unknown>;

/** Steps besides those for the value, the arguments and the result. */
type Extra = (value: unknown, args: readonly unknown[]) => number;

type AllowedFilter = { least: number; most: number; extra: Extra };

const none: Extra = () => 0;

function takes(least: number, most = least, extra = none): AllowedFilter {
  return { least, most, extra };
}

/** Searching for a text. The engine searches for a long text in pieces. */
const search: Extra = (value, [wanted]) => (sizeOf(value) * sizeOf(wanted)) / 100;
/** A search from the end compares each place with the whole text. */
const searchBackwards: Extra = (value, [wanted]) => sizeOf(value) * sizeOf(wanted);
/** Most texts differ early, so a comparison looks at a part of them. */
const sorting: Extra = (value) => (Array.isArray(value) ? (sizeOf(value) * Math.log2(value.length + 1)) / 4 : 0);
/** Steps for each part of a date. Tables of month names and time zones are opened each time. */
const DATE_PART = 10_000;
const dating: Extra = (_, [format]) => DATE_PART * (typeof format === 'string' ? 1 + format.split('%').length : 8);
const accents: Extra = (value) => 4 * sizeOf(value);

/**
 * The filters that templates may use, with the number of arguments. Left out are filters that take a template as a text
 * (`where_exp`), make lists of lists, whose size `sizeOf` can't see (`group_by`), or give something else at each run (`sample`).
 */
const allowed: Readonly<Record<string, AllowedFilter>> = {
  ...{ append: takes(1), prepend: takes(1), default: takes(1), size: takes(0) },
  ...{ upcase: takes(0), downcase: takes(0), capitalize: takes(0), truncate: takes(0, 2), truncatewords: takes(0, 2) },
  ...{ strip: takes(0, 1), lstrip: takes(0, 1), rstrip: takes(0, 1), squish: takes(0), normalize_whitespace: takes(0) },
  ...{ strip_newlines: takes(0), newline_to_br: takes(0), strip_html: takes(0), number_of_words: takes(0) },
  ...{ escape: takes(0), escape_once: takes(0), xml_escape: takes(0), slugify: takes(0, 2, accents) },
  ...{ replace: takes(2, 2, search), replace_first: takes(2, 2, search), replace_last: takes(2, 2, searchBackwards) },
  ...{ remove: takes(1, 1, search), remove_first: takes(1, 1, search), remove_last: takes(1, 1, searchBackwards) },
  ...{ split: takes(1, 1, search), join: takes(0, 1), array_to_sentence_string: takes(0, 1), slice: takes(1, 2) },
  ...{ first: takes(0), last: takes(0), reverse: takes(0), uniq: takes(0), compact: takes(0), concat: takes(1) },
  ...{ push: takes(1), unshift: takes(1), pop: takes(0), shift: takes(0), sum: takes(0) },
  ...{ sort: takes(0, 0, sorting), sort_natural: takes(0, 0, sorting) },
  ...{ abs: takes(0), ceil: takes(0), floor: takes(0), round: takes(0, 1), to_integer: takes(0) },
  ...{ at_least: takes(1), at_most: takes(1), plus: takes(1), minus: takes(1), times: takes(1), modulo: takes(1) },
  ...{
    divided_by: takes(1, 2),
    url_encode: takes(0),
    url_decode: takes(0),
    cgi_escape: takes(0),
    uri_escape: takes(0),
  },
  ...{ base64_encode: takes(0), base64_decode: takes(0), sha256: takes(0), hmac_sha256: takes(1) },
  ...{ date: takes(0, 2, dating), date_to_xmlschema: takes(0, 0, dating), date_to_rfc822: takes(0, 0, dating) },
  ...{ date_to_string: takes(0, 2, dating), date_to_long_string: takes(0, 2, dating) },
};

/** Why a filter can't be used with this many arguments. Null: it can. */
export function filterFault(name: string, count: number): string | null {
  const filter = Object.hasOwn(allowed, name) ? allowed[name] : undefined;
  if (filter === undefined) return `undefined filter: ${name}`;
  const { least, most } = filter;
  if (count >= least && count <= most) return null;
  return `filter ${name} takes ${least === most ? least : `${least} to ${most}`} arguments, ${count} are given`;
}

/** The error for `{{ "now" | date }}`. */
export class ClockRefused extends Error {
  constructor() {
    super('the current time is not available, since it would change everybody at each run');
  }
}

/** Whether a value means the current time to the date filters. */
export function isClock(value: unknown): boolean {
  return value === 'now' || value === 'today';
}

export function isDateFilter(name: string): boolean {
  return name.startsWith('date');
}

/** Date formats that depend on the machine's region. */
const localParts = /%[-_0^#:]*[0-9]*[EO]?[cxX]/;

/** Throws when a filter refuses its values, which are known only while rendering. */
function checkValues(name: string, value: unknown, args: readonly unknown[]): void {
  if ((name === 'push' || name === 'unshift') && Array.isArray(args[0]))
    throw new Error(`${name} takes one value; concat joins lists`);
  if (!isDateFilter(name)) return;
  if (isClock(value)) throw new ClockRefused();
  if (localParts.test(String(args[0])))
    throw new Error('%c, %x and %X look different on each machine; write e.g. %Y-%m-%d');
}

/** The allowed filters by name. Each counts against the budget of the rendering. */
export function allowedFilters(): [string, FilterImplOptions][] {
  return Object.entries(allowed).map(([name, { extra }]) => [
    name,
    counted(name, filters[name as keyof typeof filters], extra),
  ]);
}

function counted(name: string, filter: unknown, extra: Extra): Handler {
  if (typeof filter !== 'function') throw new Error(`The engine has no filter ${name}.`);
  return function* (value: unknown, ...args: unknown[]) {
    const budget = budgetOf(this.context);
    checkValues(name, value, args);
    budget.use(args.reduce((sum: number, arg) => sum + sizeOf(arg), sizeOf(value) + extra(value, args)));
    const result: unknown = yield Reflect.apply(filter, this, [value, ...args]);
    budget.use(sizeOf(result));
    return result;
  };
}
