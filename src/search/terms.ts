import { cut, fold, foldLetters } from '../core/fold.ts';
import { digitsOf, numberSigns, SHORTEST_NUMBER, withoutTrunkZero } from './phone-digits.ts';
import { LONGEST_WORD } from './word-list.ts';

/** One term of a search. A contact must match all terms, in any order. */
export type SearchTerm =
  /** Begins a word. */
  | { kind: 'word'; text: string }
  /** Begins an email, its domain, or a part of it and goes on from there: `anna.b@ex`, `berg@ex`, `example.com`. */
  | { kind: 'address'; text: string }
  | NumberTerm;

/**
 * The beginning of a number (`digits`, without leading 0, 00 or +) or the end of a phone number (`ending`, as typed; null if a
 * country's code or only few digits were typed).
 */
export type NumberTerm = { kind: 'number'; digits: string; ending: string | null; isInternational: boolean };

/**
 * Splits what a person types into terms. An email (any text with an @) stays whole. Digits with the signs of phone numbers become one
 * term. While a person types a name, email or number, what they have typed so far matches. Empty: everybody matches.
 */
export function searchTerms(query: string): SearchTerm[] {
  const terms = new Map<string, SearchTerm>();
  const add = (term: SearchTerm): void => {
    const text = term.kind === 'number' ? term.digits : term.text;
    if (text !== '') terms.set(JSON.stringify(term), term);
  };
  let number = '';
  for (const token of query.split(/\s+/)) {
    if (numberSigns.test(token)) {
      number += ` ${token}`;
      continue;
    }
    add(numberTerm(number));
    number = '';
    if (token.includes('@')) add({ kind: 'address', text: cut(addressTyped(token), LONGEST_WORD) });
    else for (const word of fold(token).split(' ')) add({ kind: 'word', text: cut(word, LONGEST_WORD) });
  }
  add(numberTerm(number));
  return [...terms.values()];
}

/** Whether the query can match no contact: it has only signs, and not those with which a number may begin. */
export function isNothingSearchable(query: string): boolean {
  return searchTerms(query).length === 0 && !numberSigns.test(query);
}

/** Leading 0, 00 and + only show that a country's code follows or does not. They are not searched. */
function numberTerm(text: string): NumberTerm {
  const typed = cut(digitsOf(withoutTrunkZero(text)), LONGEST_WORD);
  const isInternational = /^[\s(]*(?:\+|00)/.test(text);
  const ending = isInternational || typed.length < SHORTEST_NUMBER ? null : typed;
  return { kind: 'number', digits: typed.replace(/^0+/, ''), ending, isInternational };
}

/** An address as typed, or pasted from a mail program: `<anna@example.com>,`. `@example.com` searches the domain. */
export function addressTyped(token: string): string {
  return foldLetters(token.replace(/^[<("[,;:]+|[>)"\],;:]+$/g, '').replace(/^@+/, ''));
}
