import type { LdapFilter } from './filter.ts';

/** A filter, or its mistake. `position` counts UTF-16 units from 0. */
export type FilterResult = { kind: 'ok'; filter: LdapFilter } | { kind: 'error'; position: number; message: string };

const description = /^(?:[A-Za-z][\w-]*|\d+(?:\.\d+)+)(?:;[\w-]+)*$/;
const oid = /^(?:[A-Za-z][\w-]*|\d+(?:\.\d+)+)$/;
/** The deepest nesting. Nobody writes filters with a deeper one. */
const maxDepth = 100;

class Mistake extends Error {
  readonly position: number;
  constructor(position: number, message: string) {
    super(message);
    this.position = position;
  }
}

/** Parses the text form of RFC 4515. Spaces around the filter are allowed; the outer parentheses are required. */
export function parseFilter(text: string): FilterResult {
  try {
    const parser = new FilterParser(text);
    return { kind: 'ok', filter: parser.whole() };
  } catch (error) {
    if (error instanceof Mistake) return { kind: 'error', position: error.position, message: error.message };
    throw error;
  }
}

class FilterParser {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  whole(): LdapFilter {
    this.#spaces();
    if (this.#at >= this.#text.length) throw new Mistake(0, 'The filter is empty.');
    const filter = this.#filter(0);
    this.#spaces();
    if (this.#at < this.#text.length) throw new Mistake(this.#at, 'The filter has ended here, but more text follows.');
    return filter;
  }

  #filter(depth: number): LdapFilter {
    if (depth > maxDepth) throw new Mistake(this.#at, `Filters may be nested ${maxDepth} levels deep.`);
    this.#expect('(', 'A filter begins with "(".');
    const opened = this.#at - 1;
    const filter = this.#inner(depth);
    this.#spaces();
    if (this.#peek() !== ')') {
      const what = this.#at >= this.#text.length ? 'The "(" opened here is never closed.' : 'A ")" is expected here.';
      throw new Mistake(this.#at >= this.#text.length ? opened : this.#at, what);
    }
    this.#at++;
    return filter;
  }

  #inner(depth: number): LdapFilter {
    this.#spaces();
    const sign = this.#peek();
    if (sign === '&' || sign === '|') {
      this.#at++;
      return { kind: sign === '&' ? 'and' : 'or', filters: this.#list(sign, depth) };
    }
    if (sign !== '!') return this.#comparison();
    this.#at++;
    this.#spaces();
    return { kind: 'not', filter: this.#filter(depth + 1) };
  }

  #list(sign: string, depth: number): LdapFilter[] {
    const filters: LdapFilter[] = [];
    this.#spaces();
    while (this.#peek() === '(') {
      filters.push(this.#filter(depth + 1));
      this.#spaces();
    }
    if (filters.length === 0)
      throw new Mistake(this.#at, `"${sign}" needs at least one filter in parentheses after it.`);
    return filters;
  }

  #comparison(): LdapFilter {
    const start = this.#at;
    while (this.#at < this.#text.length && !'=<>~()'.includes(this.#peek())) this.#at++;
    const sign = this.#peek();
    const left = this.#text.slice(start, this.#at).trimEnd();
    if (sign === '=')
      return left.endsWith(':')
        ? this.#extensible(start, left.slice(0, -1))
        : this.#equality(this.#attribute(start, left));
    if ((sign === '<' || sign === '>' || sign === '~') && this.#text[this.#at + 1] === '=') {
      const attribute = this.#attribute(start, left);
      this.#at += 2;
      return {
        kind: sign === '<' ? 'less' : sign === '>' ? 'greater' : 'approx',
        attribute,
        value: this.#plainValue(),
      };
    }
    if (sign === '' || sign === ')' || sign === '(') throw new Mistake(start, this.#noComparison(left));
    throw new Mistake(this.#at, `"${sign}" must be followed by "=".`);
  }

  #noComparison(left: string): string {
    return left === ''
      ? 'An attribute and a comparison are missing, such as "(mail=*)".'
      : `"${left}" has no comparison: "=", "=*", ">=", "<=" or "~=" is missing.`;
  }

  #attribute(start: number, name: string): string {
    if (name === '') throw new Mistake(start, 'The name of an attribute is missing before the comparison.');
    if (!description.test(name)) throw new Mistake(start, `"${name}" is no name of an attribute.`);
    return name;
  }

  #equality(attribute: string): LdapFilter {
    this.#at++;
    const parts = this.#valueParts(true);
    const [first = Buffer.alloc(0), ...rest] = parts;
    if (rest.length === 0) return { kind: 'equal', attribute, value: first };
    if (parts.every((part) => part.length === 0)) return { kind: 'present', attribute };
    const last = rest.pop() ?? Buffer.alloc(0);
    const any = rest.filter((part) => part.length > 0);
    return {
      kind: 'substrings',
      attribute,
      initial: first.length > 0 ? first : null,
      any,
      final: last.length > 0 ? last : null,
    };
  }

  /** `attribute:dn:rule:=value`. The attribute or the rule can be left out, but not both. */
  #extensible(start: number, left: string): LdapFilter {
    this.#at++;
    const [name = '', ...rest] = left.split(':');
    const dnAttributes = rest[0]?.toLowerCase() === 'dn';
    if (dnAttributes) rest.shift();
    const rule = rest.shift() ?? null;
    if (rest.length > 0 || (rule !== null && !oid.test(rule)))
      throw new Mistake(start, `"${left}:" is no "attribute:rule:" of an extensible comparison.`);
    if (name === '' && rule === null)
      throw new Mistake(start, 'An extensible comparison needs an attribute or a matching rule before ":=".');
    const attribute = name === '' ? null : this.#attribute(start, name);
    return { kind: 'extensible', attribute, rule, dnAttributes, value: this.#plainValue() };
  }

  #plainValue(): Buffer {
    return this.#valueParts(false)[0] ?? Buffer.alloc(0);
  }

  /** The unescaped value up to ")". Where stars are allowed, it is split at each "*". */
  #valueParts(stars: boolean): Buffer[] {
    const parts: Buffer[] = [];
    let bytes: Buffer[] = [];
    let from = this.#at;
    const flush = (): void => {
      if (this.#at > from) bytes.push(Buffer.from(this.#text.slice(from, this.#at)));
    };
    for (let char = this.#peek(); char !== ')' && char !== ''; char = this.#peek()) {
      if (char === '(' || char === '\0')
        throw new Mistake(this.#at, `Within a value, ${char === '(' ? '"(" is written \\28' : 'NUL is written \\00'}.`);
      if (char === '*' && !stars) throw new Mistake(this.#at, 'Here "*" is written \\2a: only "=" knows placeholders.');
      if (char === '\\') {
        flush();
        bytes.push(this.#escape());
        from = this.#at;
      } else if (char === '*') {
        flush();
        parts.push(Buffer.concat(bytes));
        bytes = [];
        from = ++this.#at;
      } else this.#at++;
    }
    flush();
    parts.push(Buffer.concat(bytes));
    return parts;
  }

  #escape(): Buffer {
    const hex = this.#text.slice(this.#at + 1, this.#at + 3);
    if (!/^[\da-f]{2}$/i.test(hex))
      throw new Mistake(this.#at, 'After "\\" two hexadecimal digits are expected; "\\" itself is written \\5c.');
    this.#at += 3;
    return Buffer.from(hex, 'hex');
  }

  #expect(char: string, message: string): void {
    if (this.#peek() !== char) throw new Mistake(this.#at, message);
    this.#at++;
  }

  #peek(): string {
    return this.#text[this.#at] ?? '';
  }

  #spaces(): void {
    while (/\s/.test(this.#peek())) this.#at++;
  }
}
