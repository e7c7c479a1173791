import { Context, type Liquid } from 'liquidjs';

/** Steps that all templates of one person may use together: a few hundredths of a second on a slow machine. */
export const MOST_STEPS = 2_000_000;

class TooCostly extends Error {
  constructor() {
    super(`it takes more than ${MOST_STEPS.toLocaleString('en')} steps for one person`);
  }
}

/**
 * Counts the work of templates in steps, not in time. So the same template for the same person gets the same answer on every
 * machine. A step is about one copied character; slower work counts as more steps.
 */
export class TemplateBudget {
  #used = 0;

  get used(): number {
    return this.#used;
  }

  /** Resets the budget for the next person. */
  restart(): void {
    this.#used = 0;
  }

  /** Throws TooCostly when there are no steps left. */
  use(steps: number): void {
    if (!(steps > 0)) return;
    this.#used += steps;
    if (this.#used > MOST_STEPS) throw new TooCostly();
  }
}

/** Steps for an item of a list, or for a value that is neither text nor list. */
const ITEM = 20;

/** Steps to go through a value once: its characters and items. Lists in templates contain no lists. */
export function sizeOf(value: unknown): number {
  if (typeof value === 'string') return value.length;
  if (!Array.isArray(value)) return ITEM;
  let size = 0;
  for (const item of value) size += typeof item === 'string' ? ITEM + item.length : ITEM;
  return size;
}

/** Steps for each tag, output and text, besides its own work, and for each round of a loop. */
const NODE = 50;
/** Steps for a read value, as a share of its size. Reading copies nothing, but the value can be compared or used as a key. */
const READ_SHARE = 1 / 8;

/** One rendering: its variables and its budget. */
export class TemplateContext extends Context {
  readonly budget: TemplateBudget;

  constructor(engine: Liquid, scope: object, budget: TemplateBudget) {
    super(scope, engine.options, { sync: true }, { liquid: engine });
    this.budget = budget;
    // The engine calls the first for new characters and items, and the second before each node, to look at the clock.
    this.memoryLimit.use = (count) => budget.use(count);
    this.renderLimit.check = () => budget.use(NODE);
  }

  override readProperty(...found: Parameters<Context['readProperty']>): unknown {
    const value: unknown = super.readProperty(...found);
    this.budget.use(sizeOf(value) * READ_SHARE);
    return value;
  }
}

/** The budget of the rendering that a callback of the engine belongs to. */
export function budgetOf(context: Context): TemplateBudget {
  if (context instanceof TemplateContext) return context.budget;
  throw new Error('A template is rendered without a budget.');
}
