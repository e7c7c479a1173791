const big = 'x'.repeat(60_000);

/** The attributes for each template. */
export const hostilePerson: Readonly<Record<string, string | string[]>> = {
  sn: 'Berg',
  mail: ['a@x.de', 'b@x.de', 'c@x.de'],
  n: '9007199254740992',
  notes: big,
  group: Array.from({ length: 1000 }, (_, i) => `cn=group-${i},ou=groups,dc=example,dc=com`),
};

const double = '{% assign a = a | append: a %}'.repeat(60);
const loop = (inner: string, times = 3000): string => `{% for i in (1..${times}) %}${inner}{% endfor %}`;
const list = '{% assign l = "a,b,c,d,e,f,g,h" | split: "," %}';

/** Refused when they are saved: their cost is unknown, or too high for everybody. */
export const refusedWhenSaved: Readonly<Record<string, string>> = {
  'a filter with a template in it': '{{ attr_all.mail | where_exp: "m", "m contains sn" | join }}',
  'the same over a range': '{% assign r = (1..3000) | where_exp: "i", "i != 0" %}',
  'finding by a template': '{{ attr_all.mail | find_exp: "m", "m" }}',
  'grouping by a template': '{% assign g = attr_all.mail | group_by_exp: "m", "m" %}',
  'rejecting by a template': '{% assign g = attr_all.mail | reject_exp: "m", "m" %}',
  'having by a template': '{{ attr_all.mail | has_exp: "m", "m" }}',
  'an index by a template': '{{ attr_all.mail | find_index_exp: "m", "m" }}',
  'sorting by a property': '{% assign s = attr_all.mail | sort: "a.b.c.d" %}',
  'lists of lists': '{% assign g = attr_all.mail | group_by: "size" %}',
  chance: '{{ attr_all.mail | sample }}',
  'a missing argument': '{{ sn | append }}',
  'an argument by name': '{{ sn | default: a: sn }}',
  'a filter in a cycle': '{% cycle sn, "x" | sample %}',
  'the clock': '{{ "now" | date: "%Y" }}',
  'the clock in a condition': '{% if "today" | date: "%Y" > "2026" %}x{% endif %}',
  'a range from a huge number': '{% for i in (9007199254740992..9007199254740994) %}x{% endfor %}',
  'a range from a variable': '{% for i in (n..n) %}x{% endfor %}',
  'a range in a range': '{% for i in ((1..2)..3) %}x{% endfor %}',
  'tags nested deeper than 20': `${'{% if sn %}'.repeat(21)}x${'{% endif %}'.repeat(21)}`,
  'brackets within brackets': `{{ sn${'[sn'.repeat(3000)}${']'.repeat(3000)} }}`,
  'parentheses within parentheses': `{{ ${'('.repeat(5000)} }}`,
  'a table': '{% tablerow i in (1..2) %}x{% endtablerow %}',
  'a name that only rendering tells': '{{ [sn] }}',
  'everything at once': '{% for each in attr_all %}x{% endfor %}',
  'another meaning for attr_all': '{% if false %}{% assign attr_all = 1 %}{% endif %}{{ attr_all.mail }}',
  'a text too long': 'x'.repeat(10_001),
};

/** Saved, because each is harmless for some people, but too costly for this person. */
export const tooCostly: Readonly<Record<string, string>> = {
  'a huge range': loop('', 1_000_000_000),
  'a range to infinity': '{% assign e = 1 | divided_by: 0 %}{% for i in (1..e) %}{% endfor %}',
  'a range to a person’s number': '{% for i in (1..n) %}{% endfor %}',
  'loops within loops': loop(loop(loop('x'))),
  'loops without anything in them': loop(loop('')),
  'a text doubled again and again': `{% assign a = "xx" %}${double}{{ a }}`,
  'a text doubled in a loop': `{% assign a = "xx" %}${loop('{% assign a = a | append: a %}', 60)}{{ a }}`,
  'a list doubled in a loop': `${list}${loop('{% assign l = l | concat: l %}', 60)}{{ l | join }}`,
  'a text blown up by replacing': `{% assign a = "xx" %}${loop('{% assign a = a | replace: "x", "xxxxxxxx" %}', 60)}`,
  'captures that hold themselves': `${loop('{% capture a %}{{ a }}{{ a }}x{% endcapture %}', 60)}{{ a }}`,
  'a date as wide as a book': '{{ "2026-01-01" | date: "%100000000Y" }}',
  'a date of many parts': `{{ "2026-01-01" | date: "${'%B'.repeat(4000)}" }}`,
  'dates in a loop': loop('{{ "2026-01-01" | date: "%A", "Europe/Berlin" }}'),
  'sorting again and again': loop('{% assign s = attr_all.group | sort %}'),
  'sorting without regard to case': loop('{% assign s = attr_all.group | sort_natural %}'),
  'a split of a long text in a loop': loop('{% assign s = notes | split: "" %}'),
  'a split of a text blown up': `{% assign a = notes %}${'{% assign a = a | append: a %}'.repeat(6)}{{ a | split: "" }}`,
  'a search for a long text': loop('{% if notes contains notes %}{% endif %}'),
  'a search from the end': '{% assign h = notes | slice: 0, 30000 %}{{ notes | remove_last: h }}',
  'white space squeezed in a loop': loop('{% assign s = notes | squish %}'),
  'markup taken out in a loop': loop('{% assign s = notes | strip_html %}'),
  'accents taken out in a loop': loop('{% assign s = notes | slugify: "latin" %}'),
  'copies of a list in a loop': loop('{% for g in attr_all.group reversed limit: 0 %}{% endfor %}'),
  'keys as long as a text': loop('{% cycle notes: "a", "b" %}'),
  'long conditions in a loop': loop(`{% if ${'sn == "x" or '.repeat(300)}sn %}{% endif %}`),
  'many cases in a loop': loop(`{% case sn %}${'{% when "a", "b", "c" %}'.repeat(200)}{% endcase %}`),
  'many filters in a loop': loop(`{% assign a = sn ${'| upcase '.repeat(500)}%}`),
  'a long text in a loop': loop('text '.repeat(1500)),
  'statements in a loop': loop(`{% liquid\n${'assign a = sn | upcase\n'.repeat(200)}%}`),
  'a number written a million times': loop('{% assign x = i | times: 9999999 %}{{ x }}', 100_000),
  'plain outputs of a long text': '{{ notes }} '.repeat(800),
};

/** Templates that people really write. */
export const harmless: Readonly<Record<string, string>> = {
  'a loop over all values': '{% for m in attr_all.mail %}{{ m }}{% unless forloop.last %}, {% endunless %}{% endfor %}',
  'a member of a group': '{% if attr_all.group contains "cn=group-7,ou=groups,dc=example,dc=com" %}VIP{% endif %}',
  'a table of countries': `{% case sn %}${Array.from({ length: 250 }, (_, i) => `{% when "c${i}" %}Country ${i}`).join('')}{% endcase %}`,
  'a long text tidied up': '{{ notes | strip_html | squish | truncate: 500 }}',
  'a list tidied up': '{{ attr_all.group | sort_natural | uniq | join: ", " | truncate: 200 }}',
  'a remark': `{%# ${'\n '.repeat(2000)}# %}{{ sn }}`,
  'a count to a hundred': '{% for i in (1..100) %}{{ i }}{% endfor %}',
};
