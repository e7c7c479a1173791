import { type Context, type Emitter, ParseError, Parser, type TopLevelToken, TypeGuards } from 'liquidjs';
import { budgetOf, sizeOf, type TemplateBudget } from './template-budget.ts';

/** Most levels of tags within tags. */
const DEEPEST = 20;
/** The most brackets in one tag. Brackets can be nested, and the engine recurses for each. */
const MOST_BRACKETS = 100;
/** Steps for each character of a tag's own text, as a bound for the work that a tag of this length can ask for. */
const OWN_CHARACTER = 10;

/** Parses one template, with limits on nesting. The parsed nodes count their work against the budget when they render. */
export class TemplateParser extends Parser {
  #depth = 0;
  /** Characters of the tags within the current tag. */
  #within = 0;

  override parseTokens(tokens: TopLevelToken[]): ReturnType<Parser['parseTokens']> {
    for (const token of tokens) checkBrackets(token);
    return super.parseTokens(tokens);
  }

  override parseToken(token: TopLevelToken, rest: TopLevelToken[]): ReturnType<Parser['parseToken']> {
    const outer = this.#within;
    const end = rest.at(-1)?.end ?? token.end;
    if (++this.#depth > DEEPEST) throw new ParseError(new Error(`tags are nested deeper than ${DEEPEST}`), token);
    this.#within = 0;
    const template = super.parseToken(token, rest);
    const length = (rest[0]?.begin ?? end) - token.begin;
    const steps = OWN_CHARACTER * (length - this.#within);
    this.#depth--;
    this.#within = outer + length;
    const render = template.render.bind(template);
    return Object.assign(template, {
      render: (context: Context, emitter: Emitter) => {
        const budget = budgetOf(context);
        budget.use(steps);
        return render(context, emitter instanceof CountedEmitter ? emitter : new CountedEmitter(emitter, budget));
      },
    });
  }
}

function checkBrackets(token: TopLevelToken): void {
  if (TypeGuards.isHTMLToken(token)) return;
  let count = 0;
  for (const character of token.getText()) if (character === '[' || character === '(') count++;
  if (count > MOST_BRACKETS) throw new ParseError(new Error(`one tag has more than ${MOST_BRACKETS} brackets`), token);
}

/** Counts the written characters. */
class CountedEmitter implements Emitter {
  readonly #to: Emitter;
  readonly #budget: TemplateBudget;

  constructor(to: Emitter, budget: TemplateBudget) {
    this.#to = to;
    this.#budget = budget;
  }

  get buffer(): string {
    return this.#to.buffer;
  }

  write(value: unknown): void {
    this.#budget.use(sizeOf(value));
    this.#to.write(value);
  }
}
