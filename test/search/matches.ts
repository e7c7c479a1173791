import type { ContactValues } from '../../src/core/contact.ts';
import { indexed, searchMark, searchQuery } from '../../src/search/contact-index.ts';
import { withoutCountry } from '../../src/search/phone-digits.ts';
import { type SearchTerm, searchTerms } from '../../src/search/terms.ts';

const workspace = '0190c2f0-0000-7000-8000-000000000001';

/** Whether both the index and the words find a contact, by the conditions that the database uses. */
export function matches(values: ContactValues, query: string): boolean {
  const { words, search } = indexed(values, workspace);
  const terms = searchTerms(query);
  const condition = searchQuery(terms, searchMark(workspace));
  return (
    (condition === null || holds(search, condition)) && terms.every((term) => words.some((word) => fits(word, term)))
  );
}

function spaced(text: string): string {
  return text.replace(/[.\-_+&=/!#$%*?^{|}~"]/g, ' ');
}

function fits(word: string, term: SearchTerm): boolean {
  if (term.kind === 'word') return word.startsWith(term.text);
  if (term.kind === 'address') return ` ${spaced(word)}`.includes(` ${spaced(term.text).trimStart()}`);
  const { digits, ending, isInternational } = term;
  if (word.startsWith(digits) || (ending !== null && word.endsWith(ending))) return true;
  const national = isInternational ? withoutCountry(digits) : '';
  return national !== '' && (word.startsWith(`0${national}`) || (national.length >= 4 && word === national));
}

/** Whether the keys meet a tsquery as the search writes it: alternatives in parentheses, joined by &. */
export function holds(keys: readonly string[], condition: string): boolean {
  const groups = condition.match(/\([^()]*\)|[^&()]+/g) ?? [];
  return groups.every((group) => {
    const ways = group
      .replace(/[()]/g, '')
      .split(' | ')
      .map((way) => way.trim());
    return ways.some((way) => way === '' || holdsKey(keys, way));
  });
}

function holdsKey(keys: readonly string[], way: string): boolean {
  const isBeginning = way.endsWith(':*');
  const quoted = isBeginning ? way.slice(0, -2) : way;
  const key = quoted.startsWith("'") ? quoted.slice(1, -1).replace(/(['\\])\1/g, '$1') : quoted;
  return isBeginning ? keys.some((each) => each.startsWith(key)) : keys.includes(key);
}
