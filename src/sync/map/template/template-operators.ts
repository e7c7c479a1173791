import { Context, defaultOperators, type Operators } from 'liquidjs';
import { sizeOf } from './template-budget.ts';
import { budgetOf } from './template-context.ts';

/** Each operator, besides what it compares. */
const OPERATION = 100;

/** The operators of conditions, each counted against the budget of the rendering. */
export const countedOperators = (): Operators =>
  Object.fromEntries(Object.entries(defaultOperators).map(([name, operator]) => [name, counted(name, operator)]));

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
