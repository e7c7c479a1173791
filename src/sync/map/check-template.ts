import type { UserError } from '../../core/user-error.ts';
import { checkAttribute } from './check-attribute.ts';
import { templateAttributes } from './template-attributes.ts';
import { LONGEST_TEMPLATE, templateEngine } from './template-engine.ts';
import { templateFault } from './template-fault.ts';

/** What is wrong with a Liquid template, with line and column where the engine tells them; `field` is its path. */
export function checkTemplate(template: string, field: string[]): UserError[] {
  const invalid = (message: string): UserError[] => [{ field, code: 'TEMPLATE_INVALID', message }];
  if (template.trim() === '') return invalid('The template is empty.');
  if (template.length > LONGEST_TEMPLATE) return invalid(`A template has at most ${LONGEST_TEMPLATE} characters.`);
  try {
    const { single, lists } = templateAttributes(template);
    templateEngine.renderSync(templateEngine.parse(template), {});
    return [...new Set([...single, ...lists])].flatMap((name) => checkAttribute(name, field));
  } catch (error) {
    const { message, line, column } = templateFault(error);
    return invalid(
      line === null ? `The template: ${message}.` : `The template, line ${line}, column ${column}: ${message}.`,
    );
  }
}
