import { Context, defaultOperators, Liquid, LiquidError, type Operators, Tag, type Template } from 'liquidjs';
import { inspectTemplate, type TemplateAttributes } from './inspect-template.ts';
import { budgetOf, sizeOf, type TemplateBudget, TemplateContext } from './template-budget.ts';
import { allowedFilters } from './template-filters.ts';
import { TemplateParser } from './template-parser.ts';

/** The most characters of a template. */
export const LONGEST_TEMPLATE = 10_000;

/** Tags that read other templates (there are none) or write tables for web pages. */
const REFUSED_TAGS = ['include', 'render', 'layout', 'block', 'tablerow'];

/** The comment tag. The engine's own needs time that grows with the square of the comment's length. */
class Remark extends Tag {
  render(): void {}
}

/**
 * Makes a Liquid engine without files, clock, random values and prototypes, in which all work counts against a budget.
 * It writes dates in UTC; for that the process must be in UTC as well (see reading-threads.ts). Unknown filters and
 * tags are mistakes. Unknown variables are empty, because people need not have every attribute.
 */
function createEngine(): Liquid {
  const engine = new Liquid({
    templates: {},
    strictFilters: true,
    ownPropertyOnly: true,
    timezoneOffset: 0,
    locale: 'en-US',
    parseLimit: LONGEST_TEMPLATE,
    operators: countedOperators(),
  });
  for (const tag of REFUSED_TAGS) delete engine.tags[tag];
  engine.registerTag('#', Remark);
  for (const name of Object.keys(engine.filters)) engine.unregisterFilter(name);
  for (const [name, filter] of allowedFilters()) engine.registerFilter(name, filter);
  return engine;
}

/** One engine for all templates: it keeps nothing of what it renders. */
const engine = createEngine();

/** A template without mistakes, and its attributes. */
export type ParsedTemplate = TemplateAttributes & { nodes: Template[] };

/** Parses a template without rendering it. Throws an error with the place of the mistake. */
export function parseTemplate(text: string): ParsedTemplate {
  const nodes = new TemplateParser(engine).parse(text);
  return { nodes, ...inspectTemplate(nodes) };
}

/** Throws when the template fails, or needs more than is left of the budget. */
export function renderTemplate({ nodes }: ParsedTemplate, variables: object, budget: TemplateBudget): string {
  return String(engine.renderSync(nodes, new TemplateContext(engine, variables, budget)));
}

/** Steps for each operator, besides those for its operands. */
const OPERATION = 100;

/** The operators of conditions. Each counts against the budget of the rendering. */
export function countedOperators(): Operators {
  return Object.fromEntries(
    Object.entries(defaultOperators).map(([name, operator]) => [name, counted(name, operator)]),
  );
}

function counted(name: string, operator: Operators[string]): Operators[string] {
  return (...operands: unknown[]) => {
    const context = operands.at(-1);
    if (!(context instanceof Context)) throw new Error(`The engine calls ${name} without its context.`);
    const [left, right] = operands;
    const pieces = name === 'contains' ? sizeOf(right) / 100 : 0;
    budgetOf(context).use(OPERATION + sizeOf(left) * (1 + pieces) + sizeOf(right));
    return Reflect.apply(operator, undefined, operands);
  };
}

/** A mistake in a template, or a failed rendering. Line and column count from 1; null: the engine does not know. */
type TemplateFault = { message: string; line: number | null; column: number | null };

const position = /, line:\d+, col:\d+$/;

/** The engine's error for people: without its own position suffix and anything else that it appends. */
export function templateFault(error: unknown): TemplateFault {
  const message = error instanceof Error ? error.message : String(error);
  if (!LiquidError.is(error)) return { message, line: null, column: null };
  const [line, column] = error.token.getPosition();
  return {
    message: message.split('\n', 1)[0]?.replace(position, '') ?? '',
    line: line ?? null,
    column: column ?? null,
  };
}
