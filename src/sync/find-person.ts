import type { FieldMapping, Scope } from '../core/connection.ts';
import type { AttributeNames, AttributeValue, Entry } from '../core/entry.ts';
import { listed, quoteValue } from '../core/outside-text.ts';
import { soundsSecret } from '../core/secret-names.ts';
import type { OpenOptions } from '../core/source-session.ts';
import type { ExplanationStep, MappedField } from '../core/trial.ts';
import { lookUpIn } from './look-up-people.ts';
import { compileMapping } from './map/compile-mapping.ts';
import { mappedFields } from './map/mapped-fields.ts';
import type { MappingOutcome } from './map/person-in-work.ts';
import type { FindTask, FoundPerson } from './read-messages.ts';
import { compileRules } from './scope/compile-rules.ts';
import { scopeDraft } from './scope/scope-person.ts';
import type { Source } from './source/source-module.ts';

/** How many other matching people a sentence names. */
const shownOthers = 5;
/** How many values of an attribute a sentence shows. */
const shownValues = 3;

/**
 * Looks for a person, in scope or not, and explains in steps what the scope and the mappings do with them. Throws an
 * AppError.
 */
export async function findPerson(
  source: Source,
  { settings, secrets, connection, person, at }: FindTask,
  options: OpenOptions,
): Promise<FoundPerson> {
  const { scope, mappings } = connection;
  const mapping = compileMapping(mappings, source.attributes);
  const appliesRules = source.appliesRules === 'here';
  const attributes = appliesRules
    ? compileRules(scope, mapping.attributes, source.attributes).attributes
    : mapping.attributes;
  const session = await source.open(settings, secrets, options);
  try {
    const finding = await session.find({ person, attributes, scope, at }, options.signal);
    if (finding.kind === 'nobody') return finding;
    const { entry } = finding;
    const mapped = mapping.map(entry);
    const fields = mapped.kind === 'draft' ? mappedFields(mappings, mapped.draft.values, mapped.draft.fills) : [];
    const address = mapped.kind === 'draft' ? mapped.draft.values.PRIMARY_EMAIL?.toLowerCase() : undefined;
    const wanted = { ids: entry.id === null ? [] : [entry.id], addresses: address === undefined ? [] : [address] };
    return {
      kind: 'found',
      id: entry.id,
      name: entry.name,
      steps: [
        foundStep(finding, person),
        ...finding.conditions,
        ...(appliesRules ? ruleSteps(scope, attributes, entry, source.attributes) : []),
        ...accountSteps(entry, scope),
        ...mappings.map((one) => mappingStep(one, { attributes, entry, mapped, fields, names: source.attributes })),
        ...mappedSteps(mapped, scope),
      ],
      fields,
      problems: mapped.kind === 'draft' ? mapped.remarks : [mapped.message],
      circle: await lookUpIn(session, source, { wanted, connection, at }, options.signal),
    };
  } finally {
    await session.close();
  }
}

function foundStep(
  { entry: { name, place }, by, others }: { entry: Entry; by: string; others: readonly string[] },
  person: string,
): ExplanationStep {
  const where = place === undefined ? '' : ` (${place})`;
  const found = `"${name}"${where} was found by ${by}.`;
  const more = others.length > shownOthers ? ` and ${others.length - shownOthers} more` : '';
  const several = `${others.length + 1} match ${quoteValue(person)}; this is about the best match. The others: ${listed(others.slice(0, shownOthers))}${more}.`;
  return { step: 'Found', passed: true, detail: others.length === 0 ? found : `${found} ${several}` };
}

/** One step for each rule of the scope, unless the source applies the rules itself. */
function ruleSteps(
  scope: Scope,
  attributes: readonly string[],
  entry: Entry,
  { keyOf }: AttributeNames,
): ExplanationStep[] {
  const steps = scope.rules.map((rule): ExplanationStep => {
    const { attribute, operator, values } = rule;
    // `asked` contains all attributes, so each rule finds its value at the same index.
    const passed = compileRules({ rules: [rule], match: 'ALL' }, attributes, { keyOf }).meets(entry);
    const value = entry.attributes[attributes.findIndex((name) => keyOf(name) === keyOf(attribute))];
    const wanted = [attribute, operator, ...values.slice(0, shownValues).map(quoteValue)].join(' ');
    const has = soundsSecret(attribute) ? 'its values are not shown.' : `the person has ${valuesText(value)}.`;
    return { step: 'Rule', passed, detail: `${wanted}: ${has}` };
  });
  if (scope.match === 'ALL' || steps.length < 2) return steps;
  const met = steps.filter(({ passed }) => passed).length;
  const detail = `One of the ${steps.length} rules is enough; the person meets ${met}.`;
  return [{ step: 'Rules', passed: met > 0, detail }, ...steps];
}

function accountSteps({ id, unfit, disabled, notAPerson }: Entry, { includeDisabled }: Scope): ExplanationStep[] {
  const steps: ExplanationStep[] = [];
  if (notAPerson)
    steps.push({
      step: 'Person',
      passed: false,
      detail: 'It is the account of a machine, or of the directory itself.',
    });
  const enabled = 'The account is not switched off in the source.';
  const off = `The account is switched off in the source${includeDisabled ? '; the scope lets in such people.' : '.'}`;
  steps.push({ step: 'Enabled', passed: !disabled || includeDisabled, detail: disabled ? off : enabled });
  if (id === null || unfit !== null)
    steps.push({ step: 'Id', passed: false, detail: unfit ?? 'There is no id that can be read.' });
  else steps.push({ step: 'Id', passed: true, detail: `The stable id is ${id}.` });
  return steps;
}

type Mapped = {
  attributes: readonly string[];
  entry: Entry;
  mapped: MappingOutcome;
  fields: readonly MappedField[];
  names: AttributeNames;
};

/** The attributes of a mapping, their values, what is done with them, and the result. */
function mappingStep(mapping: FieldMapping, { attributes, entry, mapped, fields, names }: Mapped): ExplanationStep {
  const { field, label, transforms } = mapping;
  const asked = compileMapping([mapping], names).attributes.map((name) => {
    const place = attributes.findIndex((one) => names.keyOf(one) === names.keyOf(name));
    return `${name}: ${valuesText(entry.attributes[place])}`;
  });
  const origin = mapping.value !== null ? 'a fixed value' : mapping.template !== null ? 'a template' : '';
  const from = [origin, asked.join('; ')].filter((text) => text !== '').join(' over ');
  const done = transforms.length === 0 ? '' : ` → ${transforms.join(' → ')}`;
  const result = fields.find((one) => one.field === field && one.label === label)?.value ?? null;
  const end = mapped.kind === 'problem' ? 'not mapped' : result === null ? 'no value' : quoteValue(result);
  return {
    step: label === null ? field : `${field} (${label})`,
    passed: result !== null,
    detail: `${from}${done} → ${end}.`,
  };
}

function valuesText(value: AttributeValue): string {
  const values = value === undefined ? [] : typeof value === 'string' ? [value] : value;
  if (values.length === 0) return 'no value';
  const more = values.length > shownValues ? ` and ${values.length - shownValues} more` : '';
  return `${values.slice(0, shownValues).map(quoteValue).join(', ')}${more}`;
}

function mappedSteps(mapped: MappingOutcome, scope: Scope): ExplanationStep[] {
  if (mapped.kind === 'problem') return [{ step: 'Mapping', passed: false, detail: mapped.message }];
  const remarks = mapped.remarks.map((detail): ExplanationStep => ({ step: 'Mapping', passed: false, detail }));
  if (!scope.requireEmail) return remarks;
  const passed = scopeDraft(mapped.draft, scope).kind === 'in';
  const detail = passed
    ? 'The person has an email address.'
    : 'The mapping gives no email address, and the scope requires one.';
  return [...remarks, { step: 'Email', passed, detail }];
}
