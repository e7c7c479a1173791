import { Context, type Liquid } from 'liquidjs';

/** What all templates of one person may take together: a few hundredths of a second on a slow machine. */
export const MOST_STEPS = 2_000_000;

class TooCostly extends Error {
  constructor() {
    super(`it takes more than ${MOST_STEPS.toLocaleString('en')} steps for one person`);
  }
}

/**
 * Counts what templates do, so that the same template for the same person is refused or not on any machine, however busy.
 * A step is about a character that is copied; what takes longer counts as more steps.
 */
export class TemplateBudget {
  #used = 0;

  get used(): number {
    return this.#used;
  }

  /** For the next person. */
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

/** An item of a list, or a value that is neither text nor list, in steps. */
const ITEM = 20;

/** What it takes to go through a value once: its characters and items. Lists in templates hold no lists. */
export function sizeOf(value: unknown): number {
  if (typeof value === 'string') return value.length;
  if (!Array.isArray(value)) return ITEM;
  let size = 0;
  for (const item of value) size += typeof item === 'string' ? ITEM + item.length : ITEM;
  return size;
}

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
