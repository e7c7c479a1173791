import { GraphQLError, GraphQLScalarType, Kind } from 'graphql';

/** A date-time of RFC 3339. `Date` alone accepts far more, and reads some of it in the server's own time zone. */
const shape = /^(\d{4})-(\d{2})-(\d{2})[Tt]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2})$/;

function parse(value: unknown): Date {
  const parts = typeof value === 'string' ? shape.exec(value) : null;
  const date = new Date(parts?.[0].toUpperCase() ?? Number.NaN);
  if (
    parts === null ||
    Number.isNaN(date.getTime()) ||
    !isOnCalendar(Number(parts[1]), Number(parts[2]), Number(parts[3]))
  ) {
    throw new GraphQLError('DateTime takes an ISO 8601 date and time with its offset, e.g. 2026-03-01T09:30:00.000Z.');
  }
  return date;
}

/** `Date` reads February 30th as March 2nd. */
function isOnCalendar(year: number, month: number, day: number): boolean {
  return new Date(Date.UTC(year, month - 1, day)).getUTCDate() === day;
}

export const DateTime = new GraphQLScalarType<Date, string>({
  name: 'DateTime',
  description:
    'A date and time in ISO 8601, in UTC with milliseconds, e.g. 2026-03-01T09:30:00.000Z. Input may have any offset.',
  specifiedByURL: 'https://www.rfc-editor.org/rfc/rfc3339',
  serialize: (value) => {
    if (value instanceof Date) return value.toISOString();
    throw new TypeError('A DateTime field was not given a Date.');
  },
  parseValue: parse,
  parseLiteral: (node) => parse(node.kind === Kind.STRING ? node.value : null),
});
