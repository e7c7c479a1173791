const shape = /^(\d{4})(\d{2})(\d{2})(\d{2})(?:(\d{2})(\d{2})?)?(?:[.,](\d+))?(Z|[+-]\d{2}(?:\d{2})?)$/;

const second = 1_000_000;
const minute = 60 * second;
const hour = 60 * minute;

/**
 * The moment of a GeneralizedTime (RFC 4517, 3.3.13) in microseconds since 1970, in UTC, with any zone and any
 * fraction. Null: the text is not such a time. A change sequence number of OpenLDAP begins with one:
 * `20260101120000.123456Z#000000#000#000000`.
 */
export function momentOf(text: string): number | null {
  const usual = usualMoment(text);
  if (usual !== null) return usual;
  const match = shape.exec(text.includes('#') ? text.slice(0, text.indexOf('#')) : text);
  if (match === null) return null;
  const [, year, month, day, hours, minutes, seconds, fraction = '', zone = 'Z'] = match;
  const [atMonth, atDay, atHour] = [Number(month), Number(day), Number(hours)];
  const [atMinute, atSecond] = [Number(minutes ?? 0), Number(seconds ?? 0)];
  // A leap second has the number 60.
  if (atMonth < 1 || atMonth > 12 || atDay < 1 || atDay > 31 || atHour > 23 || atMinute > 59 || atSecond > 60)
    return null;
  // A fraction belongs to the last part that is given.
  const unit = seconds !== undefined ? second : minutes !== undefined ? minute : hour;
  const rest = fraction === '' ? 0 : Math.round(Number(`0.${fraction}`) * unit);
  return Date.UTC(Number(year), atMonth - 1, atDay, atHour, atMinute, atSecond) * 1000 + rest - offsetOf(zone);
}

const [zero, dot, letterZ, numberSign] = [0x30, 0x2e, 0x5a, 0x23];
/** The most recent day, as a number of eight digits, and its beginning. Entries come with few different days. */
let lastDay = 0;
let lastDayBegan = 0;

/**
 * Reads the form that nearly all servers send: `20260101120000Z`, also with a fraction of six digits. Null: it has
 * another form.
 */
function usualMoment(text: string): number | null {
  const day = digitsAt(text, 0, 8);
  const time = digitsAt(text, 8, 6);
  const hasFraction = text.charCodeAt(14) === dot;
  const fraction = hasFraction ? digitsAt(text, 15, 6) : 0;
  const end = hasFraction ? 21 : 14;
  if (day < 0 || time < 0 || fraction < 0 || text.charCodeAt(end) !== letterZ) return null;
  if (text.length > end + 1 && text.charCodeAt(end + 1) !== numberSign) return null;
  const [hours, minutes, seconds] = [Math.trunc(time / 10_000), Math.trunc(time / 100) % 100, time % 100];
  if (hours > 23 || minutes > 59 || seconds > 59) return null;
  if (day !== lastDay) {
    const [month, date] = [Math.trunc(day / 100) % 100, day % 100];
    if (month < 1 || month > 12 || date < 1 || date > 31) return null;
    lastDayBegan = Date.UTC(Math.trunc(day / 10_000), month - 1, date) * 1000;
    lastDay = day;
  }
  return lastDayBegan + hours * hour + minutes * minute + seconds * second + fraction;
}

/** The number with this many digits. Below 0: they are not all digits. */
function digitsAt(text: string, at: number, count: number): number {
  let number = 0;
  for (let i = at; i < at + count; i++) {
    const digit = text.charCodeAt(i) - zero;
    if (!(digit >= 0 && digit <= 9)) return -1;
    number = number * 10 + digit;
  }
  return number;
}

function offsetOf(zone: string): number {
  if (zone === 'Z') return 0;
  const offset = Number(zone.slice(1, 3)) * hour + Number(zone.slice(3, 5)) * minute;
  return zone.startsWith('-') ? -offset : offset;
}
