import {
  type Filter,
  ParseError,
  type PropertyAccessToken,
  type Template,
  type Token,
  TypeGuards,
  toValueSync,
  Value,
} from 'liquidjs';
import { ClockRefused, filterFault, isClock, isDateFilter } from './template-filters.ts';

/** The variable whose members are lists of all values: `attr_all.mail`. */
export const ALL_VALUES = 'attr_all';

/** Ranges must start at a small number: beyond 2^53, adding 1 gives the same number, and the range would never end. */
const LARGEST_START = 1_000_000;

/** A template whose attributes are known only while it renders. */
class UnknowableAttribute extends Error {
  constructor() {
    super('attributes must be named directly: {{ mail }}, {{ ["x-y"] }} or {{ attr_all.mail }}');
  }
}

/** The attributes that a template uses, spelled as in the template. */
export type TemplateAttributes = {
  /** `{{ mail }}`. */
  single: readonly string[];
  /** `{{ attr_all.mail | join: ", " }}`. */
  lists: readonly string[];
};

/**
 * Inspects everything that a template can evaluate, without rendering it, and finds its attributes. Throws an error
 * with the place of a part that is refused: an unknown filter, the clock, a range that may never end.
 */
export function inspectTemplate(templates: readonly Template[]): TemplateAttributes {
  const inspection = new Inspection();
  for (const template of templates) inspection.visit(template);
  return { single: [...inspection.single], lists: [...inspection.lists] };
}

type FilterCall = Pick<Filter, 'name' | 'args'>;

class Inspection {
  readonly single = new Set<string>();
  readonly lists = new Set<string>();
  /**
   * The template's own variables: assigned ones, and those of the enclosing loops. `continue` (`offset: continue`) is
   * not one of them.
   */
  readonly #scopes: Set<string>[] = [new Set(['continue'])];

  visit(template: Template): void {
    try {
      for (const argument of template.arguments?.() ?? []) this.#value(argument);
      for (const { content } of template.localScope?.() ?? []) this.#scopes[0]?.add(declared(content));
      this.#scopes.push(new Set([...(template.blockScope?.() ?? [])].map(declared)));
    } catch (error) {
      throw error instanceof Error ? new ParseError(error, template.token) : error;
    }
    for (const child of childrenOf(template)) this.visit(child);
    this.#scopes.pop();
  }

  #value(value: Value | Token | undefined): void {
    if (value instanceof Value || TypeGuards.isFilteredValueToken(value))
      this.#filtered(value.initial.postfix, value.filters);
    else if (TypeGuards.isRangeToken(value)) {
      if (!TypeGuards.isNumberToken(value.lhs) || !(Math.abs(value.lhs.content) <= LARGEST_START))
        throw new Error(`a range starts with a number up to ${LARGEST_START.toLocaleString('en')}: (1..n)`);
      this.#value(value.rhs);
    } else if (TypeGuards.isPropertyAccessToken(value)) this.#property(value);
  }

  #filtered(tokens: readonly Token[], filters: readonly FilterCall[]): void {
    for (const token of tokens) this.#value(token);
    const [token] = tokens;
    const [first] = filters;
    if (first !== undefined && isDateFilter(first.name) && TypeGuards.isQuotedToken(token) && isClock(token.content))
      throw new ClockRefused();
    for (const filter of filters) this.#filter(filter);
  }

  #filter({ name, args }: FilterCall): void {
    let plain = 0;
    for (const arg of args) {
      if (Array.isArray(arg)) {
        if (name !== 'default' || arg[0] !== 'allow_false') throw new Error(`filter ${name} takes no ${arg[0]}`);
        this.#value(arg[1]);
      } else {
        plain++;
        this.#value(arg);
      }
    }
    const fault = filterFault(name, plain);
    if (fault !== null) throw new Error(fault);
  }

  #property({ variable, props }: PropertyAccessToken): void {
    this.#value(variable);
    const [root, ...rest] = props;
    for (const prop of variable === undefined ? rest : props) this.#value(prop);
    if (variable !== undefined || root === undefined) return;
    const name = nameOf(root);
    if (name === undefined) throw new UnknowableAttribute();
    if (this.#scopes.some((scope) => scope.has(name))) return;
    if (name !== ALL_VALUES) {
      this.single.add(name);
      return;
    }
    const list = rest[0] === undefined ? undefined : nameOf(rest[0]);
    if (list === undefined) throw new UnknowableAttribute();
    this.lists.add(list);
  }
}

/** The fixed name at this place of a path. Undefined: the name depends on a value. */
function nameOf(token: Token): string | undefined {
  return TypeGuards.isQuotedToken(token) || TypeGuards.isWordToken(token) ? token.content : undefined;
}

function declared(name: string): string {
  if (name === ALL_VALUES) throw new Error(`${ALL_VALUES} can't be given another value`);
  return name;
}

/** The templates within a tag, not those of other files. */
function childrenOf(template: Template): Template[] {
  const children: unknown = template.children === undefined ? [] : toValueSync(template.children(false, true));
  return Array.isArray(children) ? children : [];
}
