import { Liquid, Tag, type Template } from 'liquidjs';
import { inspectTemplate, type TemplateAttributes } from './inspect-template.ts';
import type { TemplateBudget } from './template-budget.ts';
import { TemplateContext } from './template-context.ts';
import { allowedFilters } from './template-filters.ts';
import { countedOperators } from './template-operators.ts';
import { TemplateParser } from './template-parser.ts';

/** Characters. */
export const LONGEST_TEMPLATE = 10_000;

/** Tags that read other templates, of which there are none, or write tables for web pages. */
const REFUSED_TAGS = ['include', 'render', 'layout', 'block', 'tablerow'];

/** A comment in one tag; the engine's own looks at a long one in time that grows with the square of its length. */
class Remark extends Tag {
  render(): void {}
}

/**
 * Liquid without files, clock, chance and prototypes, in UTC (in a process that is in UTC: see reading-threads.ts), in which
 * everything counts against a budget. Unknown filters and tags are mistakes, unknown variables are empty: a person need not
 * have every attribute.
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

/** One for all templates: it keeps nothing of what it renders. */
const engine = createEngine();

/** A template without mistakes, and what it asks for. */
export type ParsedTemplate = TemplateAttributes & { nodes: Template[] };

/** Reads a template without rendering anything. Throws an error with the place of what is wrong. */
export function parseTemplate(text: string): ParsedTemplate {
  const nodes = new TemplateParser(engine).parse(text);
  return { nodes, ...inspectTemplate(nodes) };
}

/** Throws when the template fails, or takes more than is left of the budget. */
export const renderTemplate = ({ nodes }: ParsedTemplate, variables: object, budget: TemplateBudget): string =>
  String(engine.renderSync(nodes, new TemplateContext(engine, variables, budget)));
