import type { AttributeNames } from '../../../core/directory.ts';
import type { UserError } from '../../../core/user-error.ts';
import { LONGEST_TEMPLATE, parseTemplate } from './template-engine.ts';
import { templateFault } from './template-fault.ts';

/**
 * What is wrong with a Liquid template, with line and column where the engine tells them; `field` is its path. It is read,
 * never rendered: what it takes for a person is counted during a run.
 */
export function checkTemplate(template: string, names: Pick<AttributeNames, 'fault'>, field: string[]): UserError[] {
  const invalid = (message: string): UserError[] => [{ field, code: 'INVALID_TEMPLATE', message }];
  if (template.length > LONGEST_TEMPLATE) return invalid(`A template has at most ${LONGEST_TEMPLATE} characters.`);
  if (template.trim() === '') return invalid('The template is empty.');
  try {
    const { single, lists } = parseTemplate(template);
    return [...new Set([...single, ...lists])].flatMap((name) => {
      const fault = names.fault(name);
      return fault === null ? [] : [{ field, ...fault }];
    });
  } catch (error) {
    const { message, line, column } = templateFault(error);
    return invalid(
      line === null ? `The template: ${message}.` : `The template, line ${line}, column ${column}: ${message}.`,
    );
  }
}
