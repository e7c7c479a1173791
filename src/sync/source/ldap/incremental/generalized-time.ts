const shape = /^(\d{4})(\d{2})(\d{2})(\d{2})(?:(\d{2})(\d{2})?)?(?:[.,](\d+))?(Z|[+-]\d{2}(?:\d{2})?)$/;

const second = 1_000_000;
const minute = 60 * second;
const hour = 60 * minute;

/**
 * The moment of a GeneralizedTime (RFC 4517, 3.3.13) in microseconds since 1970, in UTC, whatever its zone and its fraction are.
 * Null: the text is none. A change sequence number of OpenLDAP begins with one: `20260101120000.123456Z#000000#000#000000`.
 */
export function momentOf(text: string): number | null {
  const match = shape.exec(text.includes('#') ? text.slice(0, text.indexOf('#')) : text);
  if (match === null) return null;
  const [, year, month, day, hours, minutes, seconds, fraction = '', zone = 'Z'] = match;
  const [atMonth, atDay, atHour] = [Number(month), Number(day), Number(hours)];
  const [atMinute, atSecond] = [Number(minutes ?? 0), Number(seconds ?? 0)];
  // A leap second is second 60.
  if (atMonth < 1 || atMonth > 12 || atDay < 1 || atDay > 31 || atHour > 23 || atMinute > 59 || atSecond > 60)
    return null;
  // A fraction is one of the last part that is given.
  const unit = seconds !== undefined ? second : minutes !== undefined ? minute : hour;
  const rest = fraction === '' ? 0 : Math.round(Number(`0.${fraction}`) * unit);
  return Date.UTC(Number(year), atMonth - 1, atDay, atHour, atMinute, atSecond) * 1000 + rest - offsetOf(zone);
}

function offsetOf(zone: string): number {
  if (zone === 'Z') return 0;
  const offset = Number(zone.slice(1, 3)) * hour + Number(zone.slice(3, 5)) * minute;
  return zone.startsWith('-') ? -offset : offset;
}
