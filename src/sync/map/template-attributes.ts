import { templateEngine } from './template-engine.ts';

/** The variable whose members are lists of all values: `attr_all.mail`. */
export const ALL_VALUES = 'attr_all';

/** A template that can be parsed but not be answered: which attributes it needs is known only while it renders. */
class UnknowableAttribute extends Error {
  constructor() {
    super('attributes must be named outright: {{ mail }}, {{ ["x-y"] }} or {{ attr_all.mail }}');
  }
}

/** What a template asks for, spelled as in the template. */
type TemplateAttributes = {
  /** `{{ mail }}`. */
  single: readonly string[];
  /** `{{ attr_all.mail | join: ", " }}`. */
  lists: readonly string[];
};

/** The attributes a template names. Throws the engine's error for a mistake, and UnknowableAttribute. */
export function templateAttributes(text: string): TemplateAttributes {
  const single = new Set<string>();
  const lists = new Set<string>();
  for (const [first, second] of templateEngine.globalVariableSegmentsSync(text, { partials: false })) {
    if (typeof first !== 'string') throw new UnknowableAttribute();
    if (first !== ALL_VALUES) single.add(first);
    else if (typeof second === 'string') lists.add(second);
    else throw new UnknowableAttribute();
  }
  return { single: [...single], lists: [...lists] };
}
