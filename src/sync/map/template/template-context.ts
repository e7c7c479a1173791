import { Context, type Liquid } from 'liquidjs';
import { sizeOf, type TemplateBudget } from './template-budget.ts';

/** Each tag, output and text, besides what it does; also each round of a loop. */
const NODE = 50;
/** Reading a value copies nothing, but what is read may be compared or go into a key uncounted: steps per read size. */
const READ_SHARE = 1 / 8;

/** One rendering: its variables, and the budget that everything in it uses. */
export class TemplateContext extends Context {
  readonly budget: TemplateBudget;

  constructor(engine: Liquid, scope: object, budget: TemplateBudget) {
    super(scope, engine.options, { sync: true }, { liquid: engine });
    this.budget = budget;
    // The engine counts new characters and items with the one, and looks at the clock with the other: before each node.
    this.memoryLimit.use = (count) => budget.use(count);
    this.renderLimit.check = () => budget.use(NODE);
  }

  override readProperty(...found: Parameters<Context['readProperty']>): unknown {
    const value: unknown = super.readProperty(...found);
    this.budget.use(sizeOf(value) * READ_SHARE);
    return value;
  }
}

/** The budget of the rendering that an engine's callback is part of. */
export function budgetOf(context: Context): TemplateBudget {
  if (context instanceof TemplateContext) return context.budget;
  throw new Error('A template is rendered without a budget.');
}
