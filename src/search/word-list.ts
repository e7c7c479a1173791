import { cut, fold } from '../core/fold.ts';
import { withoutLeadingZeros } from './phone-digits.ts';

/** Characters (UTF-16 units) of a word or term. Longer words and longer terms are cut in the same way. */
export const LONGEST_WORD = 100;

/** Up to this many words, comparing all of them is faster than hashing. */
const FEW = 48;

const ZERO = 0x30;
const NINE = 0x39;
const LOWER_A = 0x61;
const LOWER_Z = 0x7a;

function isDigit(code: number): boolean {
  return code >= ZERO && code <= NINE;
}

function isLetter(code: number): boolean {
  return code >= LOWER_A && code <= LOWER_Z;
}

/** Text that needs only lower case to be folded. */
const simple = /^[\0-&(-_a-\x7f]*$/;
const otherThanDigits = /[^0-9]/;

/** Distinct words, each at most 100 characters, in the order in which they first came. */
export class WordList {
  readonly words: string[] = [];
  /** The words that the index holds. */
  readonly indexed: string[] = [];
  /** The last digits of phone numbers. */
  readonly endings: string[] = [];
  #known: Set<string> | undefined;

  add(text: string): void {
    if (text === '') return;
    const word = text.length <= LONGEST_WORD ? text : cut(text, LONGEST_WORD);
    if (this.#addNew(word)) this.indexed.push(word);
  }

  /** Adds a word that the index does not need, because it finds the contact by other words of the list. */
  addAside(text: string): void {
    if (text !== '') this.#addNew(text.length <= LONGEST_WORD ? text : cut(text, LONGEST_WORD));
  }

  addEnding(digits: string): void {
    if (!this.endings.includes(digits)) this.endings.push(digits);
  }

  /** Adds the words of another list. */
  addAll({ words, indexed }: WordList): void {
    // `indexed` has the same order as `words`.
    let next = 0;
    for (const word of words) {
      const isIndexed = indexed[next] === word;
      if (isIndexed) next++;
      if (this.#addNew(word) && isIndexed) this.indexed.push(word);
    }
  }

  #addNew(word: string): boolean {
    if (this.#has(word)) return false;
    this.words.push(word);
    this.#known?.add(word);
    return true;
  }

  /** Adds the folded words of a text, and its numbers as people type them; see #addNumbers. */
  addText(text: string): void {
    if (simple.test(text)) this.#addRuns(text.toLowerCase());
    else this.#addFolded(fold(text));
  }

  #has(word: string): boolean {
    if (this.#known !== undefined) return this.#known.has(word);
    const { words } = this;
    if (words.length > FEW) this.#known = new Set(words);
    for (let i = 0; i < words.length; i++) {
      const known = words[i] ?? '';
      if (known.length === word.length && known === word) return true;
    }
    return false;
  }

  /** Adds the words of a folded text, which are separated by spaces. */
  #addFolded(folded: string): void {
    for (const word of folded.split(' ')) this.add(word);
    if (/(?:^| )[0-9]/.test(folded)) this.#addNumbers(folded);
  }

  /** Adds the words of a lower-case ASCII text: its runs of letters and digits. */
  #addRuns(text: string): void {
    let start = -1;
    let numbers = 0;
    let typedOtherwise = false;
    for (let i = 0; i <= text.length; i++) {
      const code = i < text.length ? text.charCodeAt(i) : 0;
      if (isLetter(code) || isDigit(code)) {
        if (start >= 0) continue;
        start = i;
        numbers = isDigit(code) ? numbers + 1 : 0;
        if (numbers > 1 || code === ZERO) typedOtherwise = true;
      } else if (start >= 0) {
        this.add(text.slice(start, i));
        start = -1;
      }
    }
    if (typedOtherwise) this.#addNumbers(fold(text));
  }

  /**
   * Adds the digits of a name as people type them, like a phone number: without leading zeros, and those of several words ("Studio 54
   * 2000") as one term.
   */
  #addNumbers(folded: string): void {
    const parts = folded.split(' ');
    for (let first = 0; first < parts.length; first++) {
      let joined = '';
      for (let next = first; next < parts.length; next++) {
        const part = parts[next] ?? '';
        if (!isDigit(part.charCodeAt(0))) break;
        joined += part;
        if (next > first || part.startsWith('0')) this.add(withoutLeadingZeros(joined));
        if (otherThanDigits.test(part) || joined.length > LONGEST_WORD) break;
      }
    }
  }
}
