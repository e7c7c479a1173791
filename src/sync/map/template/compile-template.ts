import type { AttributeValue } from '../../../core/entry.ts';
import type { AttributeIndex } from '../attribute-index.ts';
import { ALL_VALUES } from './inspect-template.ts';
import { sizeOf, type TemplateBudget } from './template-budget.ts';
import { type ParsedTemplate, parseTemplate, renderTemplate, templateFault } from './template-engine.ts';

/** The texts that a template gives for a person: several when an attribute in it has several values. */
type Rendered = { kind: 'rendered'; texts: string | readonly string[] } | { kind: 'failed'; message: string };
type Template = (attributes: readonly AttributeValue[], budget: TemplateBudget) => Rendered;

/** One value for each single attribute of a template, in the template's order; empty where the person has none. */
type Chosen = readonly string[];
/** All values of an attribute, sorted, by the name in the template. */
type Lists = Readonly<Record<string, readonly string[]>>;
type Render = (chosen: Chosen, lists: Lists, budget: TemplateBudget) => string;

/** Most combinations of values that are rendered. */
const MOST_COMBINATIONS = 16;

/**
 * Compiles a template over the person's attributes. `{{ mail }}` is the trimmed value of an attribute, under its name as written
 * or in lower case. If attributes have several values, each combination gives a text, starting with the first values as sent;
 * with more than 16 combinations only the alphabetically first values are used. `attr_all.mail` is the sorted list of all values.
 * Rendering uses the person's budget; a template that needs more has failed.
 * Throws the engine's error when the template has a mistake, which `checkMappings` finds before.
 */
export function compileTemplate(text: string, index: AttributeIndex): Template {
  const parsed = parseTemplate(text);
  const places = parsed.single.map((name) => index.placeOf(name));
  const listPlaces = parsed.lists.map((name) => ({ name, place: index.placeOf(name) }));
  const render = compilePlain(text, parsed) ?? compileLiquid(parsed);
  return (attributes, budget) => {
    try {
      const lists = readLists(listPlaces, attributes, budget);
      return { kind: 'rendered', texts: renderAll(render, places, lists, attributes, budget) };
    } catch (error) {
      return { kind: 'failed', message: templateFault(error).message };
    }
  };
}

function readLists(
  places: readonly { name: string; place: number }[],
  attributes: readonly AttributeValue[],
  budget: TemplateBudget,
): Lists {
  const lists: Record<string, readonly string[]> = {};
  for (const { name, place } of places) {
    const values = allValues(attributes[place]).filter((each) => each !== '');
    budget.use(sizeOf(values));
    lists[name] = values.toSorted();
  }
  return lists;
}

function renderAll(
  render: Render,
  places: readonly number[],
  lists: Lists,
  attributes: readonly AttributeValue[],
  budget: TemplateBudget,
): string | string[] {
  const chosen: string[] = [];
  let choices: (readonly string[])[] | undefined;
  for (const place of places) {
    const value = attributes[place];
    if (typeof value === 'object' && value.length > 1) choices ??= [];
    chosen.push((typeof value === 'object' ? value[0] : value)?.trim() ?? '');
  }
  if (choices === undefined) return render(chosen, lists, budget);
  for (const place of places) choices.push(allValues(attributes[place]));
  return combine(choices).map((combination) => render(combination, lists, budget));
}

function allValues(value: AttributeValue): readonly string[] {
  if (value === undefined) return [''];
  return typeof value === 'string' ? [value.trim()] : value.map((each) => each.trim());
}

function combine(choices: readonly (readonly string[])[]): readonly Chosen[] {
  const count = choices.reduce((product, values) => product * values.length, 1);
  if (count > MOST_COMBINATIONS) return [choices.map((values) => values.toSorted()[0] ?? '')];
  let combinations: string[][] = [[]];
  for (const values of choices)
    combinations = combinations.flatMap((begun) => values.map((value) => [...begun, value]));
  return combinations;
}

const plainOutput = /\{\{\s*([A-Za-z](?:[\w-]*\w)?)\s*\}\}/;
const liquidWords = new Set([
  'true',
  'false',
  'nil',
  'null',
  'empty',
  'blank',
  'and',
  'or',
  'not',
  'contains',
  ALL_VALUES,
]);

/** Compiles a template of text and plain outputs, as most are, without the engine. Undefined: this one needs the engine. */
function compilePlain(text: string, { single }: ParsedTemplate): Render | undefined {
  const parts = text.split(plainOutput);
  const literals = parts.filter((_, i) => i % 2 === 0);
  const names = parts.filter((_, i) => i % 2 === 1);
  if (literals.some((literal) => /\{[{%]/.test(literal)) || names.some((name) => liquidWords.has(name)))
    return undefined;
  const chosenAt = names.map((name) => single.indexOf(name));
  return (chosen, _, budget) => {
    let result = literals[0] ?? '';
    for (let i = 0; i < chosenAt.length; i++) result += (chosen[chosenAt[i] ?? -1] ?? '') + (literals[i + 1] ?? '');
    budget.use(result.length);
    return result;
  };
}

function compileLiquid(parsed: ParsedTemplate): Render {
  return (chosen, lists, budget) => {
    const scope: Record<string, unknown> = {};
    const valueAt = (i: number): string | undefined => (chosen[i] === '' ? undefined : chosen[i]);
    for (const [i, name] of parsed.single.entries()) scope[name.toLowerCase()] = valueAt(i);
    // After the lower-case names: another attribute's name may equal this one in lower case.
    for (const [i, name] of parsed.single.entries()) scope[name] = valueAt(i);
    scope[ALL_VALUES] = lists;
    return renderTemplate(parsed, scope, budget);
  };
}
