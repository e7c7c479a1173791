import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { MOST_STEPS, TemplateBudget } from '../../../../src/sync/map/template/template-budget.ts';
import { parseTemplate, renderTemplate } from '../../../../src/sync/map/template/template-engine.ts';
import { check, compile, mapPerson, mapping, mapWith } from '../mapping.ts';
import { harmless, hostilePerson, refusedWhenSaved, tooCostly } from './hostile-templates.ts';

const codes = (template: string) =>
  check([mapping('DISPLAY_NAME', { template })], []).map(({ code, message }) => `${code} ${message}`);
const render = (template: string) => mapPerson([mapping('DISPLAY_NAME', { template })], hostilePerson);
/** A person with one value for each attribute, so that a template is rendered once. */
const single = { ...hostilePerson, mail: 'a@x.de', group: 'cn=group' };

describe('a template that could hold up the service', () => {
  test.each(Object.entries(refusedWhenSaved))('by %s is refused when it is saved', (_, template) => {
    const first = codes(template);
    expect(first).toEqual([expect.stringMatching(/^INVALID_TEMPLATE /)]);
    expect(codes(template)).toEqual(first);
  });

  test.each(Object.entries(tooCostly))(
    'by %s is saved, and skips the person for whom it takes too much',
    (_, template) => {
      expect(codes(template)).toEqual([]);
      const first = render(template);
      expect(first).toMatchObject({ kind: 'problem', code: 'TEMPLATE_FAILED' });
      expect(first).toMatchObject({ message: expect.stringContaining('more than 2,000,000 steps for one person') });
      expect(render(template)).toEqual(first);
    },
  );

  test.each(Object.entries(tooCostly))('by %s is stopped by a count of steps, the same at each run', (_, template) => {
    const steps = [1, 2].map(() => {
      const budget = new TemplateBudget();
      expect(() =>
        renderTemplate(parseTemplate(template), { ...hostilePerson, attr_all: hostilePerson }, budget),
      ).toThrow();
      return budget.used;
    });
    expect(steps[0]).toBe(steps[1]);
    expect(steps[0]).toBeGreaterThan(MOST_STEPS);
  });
});

describe('a usual template', () => {
  test.each(Object.entries(harmless))('with %s is rendered', (_, template) => {
    expect(codes(template)).toEqual([]);
    const outcome = mapPerson([mapping('DISPLAY_NAME', { value: 'x' }), mapping('NOTES', { template })], hostilePerson);
    expect(outcome).toMatchObject({ kind: 'draft' });
  });
});

describe('the templates of one person', () => {
  const costly = '{% for i in (1..6000) %}{% assign x = i %}{% endfor %}Anna';

  test('share one limit, however many mappings there are', () => {
    const one = compile([mapping('DISPLAY_NAME', { template: costly })]);
    expect(mapWith(one, single)).toMatchObject({ kind: 'draft' });
    const both = compile([mapping('DISPLAY_NAME', { template: costly }), mapping('NOTES', { template: costly })]);
    expect(mapWith(both, single)).toMatchObject({ kind: 'problem', code: 'TEMPLATE_FAILED' });
  });

  test('do not reduce the limit of the next person', () => {
    const compiled = compile([
      mapping('DISPLAY_NAME', { template: '{% for i in (1..n) %}{% assign x = i %}{% endfor %}{{ n }}' }),
    ]);
    const outcomes = ['6000', '90000', '6000', '3', '1000000000', '6000'].map((n) => mapWith(compiled, { n }).kind);
    expect(outcomes).toEqual(['draft', 'problem', 'draft', 'draft', 'problem', 'draft']);
  });
});

test('too many mappings are refused before any of them is checked', () => {
  const read: number[] = [];
  const spied = Array.from({ length: 201 }, (_, i) => ({
    ...mapping('CITY'),
    get template() {
      read.push(i);
      return '{{ l }}';
    },
  }));
  expect(check(spied, ['m'])).toMatchObject([{ field: ['m'], code: 'TOO_MANY' }]);
  expect(read).toEqual([]);
});

test('templates that are too long together are refused before one is read', () => {
  const templates = Array.from({ length: 6 }, (_, i) =>
    mapping('PHONE', { label: `phone ${i}`, template: `{{ ${'x'.repeat(8_500)}` }),
  );
  expect(check(templates, ['m'])).toMatchObject([{ field: ['m'], code: 'TOO_LONG' }]);
});

test('any template ends within the limit, in the same way at each run', () => {
  const part = fc.constantFrom(
    ...['{{ sn }}', '{{ notes | append: notes }}', '{% assign a = a | append: sn %}', '{{ a }}', '{% endif %}', ' x '],
    ...[
      '{% for i in (1..300) %}',
      '{% for m in attr_all.mail %}',
      '{% endfor %}',
      '{% if a contains sn %}',
      '{% else %}',
    ],
    ...[
      '{% capture a %}',
      '{% endcapture %}',
      '{{ a | split: "" | sort | join }}',
      '{% break %}',
      '{% cycle sn, "x" %}',
    ],
    ...[
      '{{ a | replace: "x", notes }}',
      '{% assign l = l | concat: attr_all.mail %}',
      '{{ l | push: a | uniq | last }}',
    ],
  );
  const run = (template: string) => {
    const budget = new TemplateBudget();
    try {
      return [
        renderTemplate(parseTemplate(template), { sn: 'B', notes: 'x'.repeat(500), attr_all: hostilePerson }, budget),
        budget.used,
      ];
    } catch (error) {
      return [String(error), budget.used];
    }
  };
  fc.assert(
    fc.property(fc.array(part, { maxLength: 12 }), (parts) => {
      const first = run(parts.join(''));
      expect(run(parts.join(''))).toEqual(first);
      expect(String(first[0]).length).toBeLessThan(2 * MOST_STEPS);
    }),
    { numRuns: 200 },
  );
});
