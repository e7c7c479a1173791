import { regionCodes } from './transforms/region-codes.ts';

let names: Intl.DisplayNames | undefined;

/** Whether a text is a BCP 47 tag of a language that has a name, and of a region that there is: `de`, `en-GB`, `es-419`. */
export function isLanguageTag(text: string): boolean {
  try {
    const { language, region } = new Intl.Locale(text);
    names ??= new Intl.DisplayNames(['en'], { type: 'language', fallback: 'none' });
    return names.of(language) !== undefined && (region === undefined || /^\d/.test(region) || regionCodes.has(region));
  } catch {
    return false;
  }
}
