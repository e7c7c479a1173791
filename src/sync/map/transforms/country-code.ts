import { fold } from '../../../core/fold.ts';
import { alpha3Codes, regionCodes } from '../../../core/region-codes.ts';
import { remember } from '../../../core/remember.ts';

const REMEMBERED_NAMES = 5_000;

/** Languages in which the names of all countries are known. Each country's own language is known as well. */
const languages = ['en', 'de', 'fr', 'es', 'it', 'pt', 'nl', 'sv', 'da', 'nb', 'fi', 'pl', 'cs', 'hu', 'tr', 'ru'];

/** Common names that Unicode's lists lack, folded. */
const otherNames: Readonly<Record<string, string>> = {
  uk: 'GB',
  'u k': 'GB',
  'great britain': 'GB',
  britain: 'GB',
  england: 'GB',
  scotland: 'GB',
  wales: 'GB',
  'northern ireland': 'GB',
  'united kingdom of great britain and northern ireland': 'GB',
  'u s': 'US',
  'u s a': 'US',
  'united states of america': 'US',
  america: 'US',
  holland: 'NL',
  'the netherlands': 'NL',
  'russian federation': 'RU',
  'czech republic': 'CZ',
  'slovak republic': 'SK',
  korea: 'KR',
  'republic of korea': 'KR',
  'korea republic of': 'KR',
  'viet nam': 'VN',
  macedonia: 'MK',
  swaziland: 'SZ',
  burma: 'MM',
  'ivory coast': 'CI',
  'cape verde': 'CV',
  'east timor': 'TL',
  turkey: 'TR',
  turkiye: 'TR',
  'federal republic of germany': 'DE',
  'bundesrepublik deutschland': 'DE',
  brd: 'DE',
  'republic of ireland': 'IE',
  eire: 'IE',
  'hong kong': 'HK',
  'hong kong sar': 'HK',
  macau: 'MO',
  macao: 'MO',
  palestine: 'PS',
  vatican: 'VA',
  'people s republic of china': 'CN',
  'peoples republic of china': 'CN',
  prc: 'CN',
  uae: 'AE',
};

/**
 * COUNTRY_CODE: the ISO 3166-1 alpha-2 code of a country. It reads alpha-2, alpha-3 and numeric codes in any case, and names in
 * English, the country's own and other common languages. Active Directory's countryCode 0 means no country. Any other value
 * stays as it is.
 */
export const countryCode: (value: string) => string = remember(convert, REMEMBERED_NAMES);

function convert(value: string): string {
  if (/^[0-9]{1,3}$/.test(value)) return fromNumber(value);
  const upper = value.toUpperCase();
  if (regionCodes.has(upper)) return upper;
  return alpha3Codes.get(upper) ?? countryNames().get(fold(value)) ?? value;
}

function fromNumber(value: string): string {
  if (Number(value) === 0) return '';
  const region = new Intl.Locale(`und-${value.padStart(3, '0')}`).region ?? '';
  return regionCodes.has(region) ? region : value;
}

let known: ReadonlyMap<string, string> | undefined;

/** The codes by folded name. Made at the first use, because it takes a while. */
function countryNames(): ReadonlyMap<string, string> {
  known ??= collectNames();
  return known;
}

function collectNames(): ReadonlyMap<string, string> {
  const names = new Map(Object.entries(otherNames));
  const displayNames = regionNames();
  const add = (code: string, language: string, style: Style): void => {
    const name = fold(displayNames(language, style).of(code) ?? '');
    if (name !== '' && !names.has(name)) names.set(name, code);
  };
  for (const style of ['long', 'short'] as const) {
    for (const code of regionCodes) add(code, 'en', style);
    for (const code of regionCodes) add(code, new Intl.Locale(`und-${code}`).maximize().language, style);
  }
  for (const language of languages) for (const code of regionCodes) add(code, language, 'long');
  return names;
}

type Style = 'long' | 'short';

/** Loads each language's names once while the table is made. */
function regionNames(): (language: string, style: Style) => Intl.DisplayNames {
  const loaded = new Map<string, Intl.DisplayNames>();
  return (language, style) => {
    const key = `${language} ${style}`;
    const names = loaded.get(key) ?? new Intl.DisplayNames([language], { type: 'region', style, fallback: 'none' });
    loaded.set(key, names);
    return names;
  };
}
