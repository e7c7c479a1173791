import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { TemplateBudget } from '../../../../src/sync/map/template/template-budget.ts';
import { parseTemplate, renderTemplate } from '../../../../src/sync/map/template/template-engine.ts';
import { expectDraft, mapPerson, mapping, type Person } from '../mapping.ts';

const render = (template: string, person: Person) => mapPerson([mapping('DISPLAY_NAME', { template })], person);
const nameOf = (template: string, person: Person) => expectDraft(render(template, person)).draft.values.DISPLAY_NAME;

const anna: Person = { givenName: ' Anna ', sn: 'Berg', mail: ['z@x.de', 'a@x.de'], 'msDS-phoneticName': 'Ann' };

describe('a template', () => {
  test.each([
    ['{{ givenName }} {{ sn }}', 'Anna Berg'],
    ['{{givenname}} {{SN}}', 'Anna Berg'],
    ['{{ sn | upcase }}, {{ givenName }}', 'BERG, Anna'],
    ['{{ sn }}{% if title %}, {{ title }}{% endif %}', 'Berg'],
    ['{{ nickname | default: givenName }}', 'Anna'],
    ['{{ msDS-phoneticName }}', 'Ann'],
    ['{{ ["msDS-phoneticName"] }}', 'Ann'],
    ['{{- givenName -}} {{ sn }}', 'AnnaBerg'],
    ['{{ attr_all.mail | join: ", " }}', 'a@x.de, z@x.de'],
    ['{% for each in attr_all.mail %}<{{ each }}>{% endfor %}', '<a@x.de><z@x.de>'],
    ['{% assign sn = sn | downcase %}{{ sn }}', 'berg'],
    ['{{ mail }}', 'z@x.de'],
    ['plain', 'plain'],
    ['{{ "2026-01-02T03:04:05Z" | date: "%Y-%m-%d %H:%M" }}', '2026-01-02 03:04'],
  ])('%s gives %j', (template, value) => {
    expect(nameOf(template, anna)).toBe(value);
  });

  test('over several values offers each of them, the first as sent first', () => {
    const outcome = expectDraft(render('{{ givenName }} <{{ mail }}>', anna));
    expect(outcome.alternatives?.DISPLAY_NAME).toEqual(['Anna <z@x.de>', 'Anna <a@x.de>']);
  });

  test('with very many combinations takes one that does not depend on their order', () => {
    const values = Array.from({ length: 30 }, (_, i) => String.fromCharCode(97 + i));
    const outcomes = [values, values.toReversed()].map((cn) => expectDraft(render('{{ cn }}', { cn })));
    expect(outcomes[0]).toEqual(outcomes[1]);
    expect(outcomes[0]?.draft.values.DISPLAY_NAME).toBe('a');
  });

  test('that gives an empty text gives no value', () => {
    expect(render('{{ nothing }}', anna)).toMatchObject({ kind: 'problem', code: 'NO_NAME' });
  });

  test.each([
    ['{% for i in (1..100000000) %}{{ sn }}{% endfor %}', 'it takes more than 2,000,000 steps for one person'],
    ['{{ when | date: "%Y" }}', 'the current time is not available'],
  ])('%s that fails is a problem naming the field', (template, reason) => {
    const outcome = render(template, { sn: 'Berg', when: 'now' });
    expect(outcome).toMatchObject({ kind: 'problem', code: 'TEMPLATE_FAILED' });
    expect(outcome).toMatchObject({ message: expect.stringContaining(reason) });
    expect(outcome).toMatchObject({ message: expect.stringContaining('DISPLAY_NAME') });
  });

  test("can't reach prototypes", () => {
    expect(nameOf('x{{ sn.constructor }}{{ constructor }}{{ __proto__ }}', { sn: 'Berg' })).toBe('x');
  });
});

test('plain templates, which need no engine, give the same results and errors as the engine', () => {
  const person = { a: 'Anna', b: 'Berg', 'a-c': 'Clara' };
  const part = fc.oneof(
    fc.constantFrom('{{ a }}', '{{b}}', '{{  a-c  }}', '{{- a}}', '{{ a', ' }}', '{', '%', '\n'),
    fc.string(),
  );
  fc.assert(
    fc.property(fc.array(part, { maxLength: 6 }), (parts) => {
      const template = `x${parts.join('')}`;
      const expected = attempt(() => renderTemplate(parseTemplate(template), person, new TemplateBudget()).trim());
      expect(attempt(() => nameOf(template, person))).toBe(expected);
    }),
    { numRuns: 1000 },
  );
});

function attempt(render: () => string | undefined): string | undefined {
  try {
    return render();
  } catch {
    return 'refused';
  }
}
