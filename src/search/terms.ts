import { cut, fold, foldLetters } from '../core/fold.ts';
import { digitsOf, numberSigns, SHORTEST_NUMBER, withoutTrunkZero } from './phone-digits.ts';
import { LONGEST_WORD } from './word-list.ts';

/** What is looked for: a contact must have all terms of a search, in any order. */
export type SearchTerm =
  /** Begins a word. */
  | { kind: 'word'; text: string }
  /** Begins an email, its domain, or a part of it and goes on from there: `anna.b@ex`, `berg@ex`, `example.com`. */
  | { kind: 'address'; text: string }
  | NumberTerm;

/**
 * Begins a number: `digits`, without 0, 00 or + before them; or is the end of a phone number: `ending`, as typed, null for
 * one typed with a country's code and for few digits.
 */
export type NumberTerm = { kind: 'number'; digits: string; ending: string | null; isInternational: boolean };

/**
 * What a person types, as terms. An email (anything with an @) stays whole; digits with the signs that numbers are written
 * with become one term. Whatever has been typed of a name, email or number so far goes on matching. Empty: nothing to look
 * for, everybody matches.
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

/** Whether something was typed that no contact can have: signs alone, other than those a number may begin with. */
export function isNothingSearchable(query: string): boolean {
  return searchTerms(query).length === 0 && !numberSigns.test(query);
}

/** 0, 00 and + before a number say nothing to a search but that a country's code follows. */
function numberTerm(text: string): NumberTerm {
  const typed = cut(digitsOf(withoutTrunkZero(text)), LONGEST_WORD);
  const isInternational = /^[\s(]*(?:\+|00)/.test(text);
  const ending = isInternational || typed.length < SHORTEST_NUMBER ? null : typed;
  return { kind: 'number', digits: typed.replace(/^0+/, ''), ending, isInternational };
}

/** As pasted from a mail program, too: `<anna@example.com>,`. `@example.com` looks for the domain. */
export function addressTyped(token: string): string {
  return foldLetters(token.replace(/^[<("[,;:]+|[>)"\],;:]+$/g, '').replace(/^@+/, ''));
}
