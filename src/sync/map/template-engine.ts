import { Liquid } from 'liquidjs';

/** Characters. */
export const LONGEST_TEMPLATE = 10_000;

/** Tags that read other templates: there are none. */
const FILE_TAGS = ['include', 'render', 'layout', 'block'];
/** Yields something else at each run, so that nobody would ever be unchanged. */
const RANDOM_FILTERS = ['sample'];

/** What `{{ "now" | date }}` is refused with. */
class ClockRefused extends Error {
  constructor() {
    super('the current time is not available, since it would change everybody at each run');
  }
}

/**
 * Liquid without files, clock, chance and prototypes, in UTC, with limits on what a template may use. Unknown filters
 * and tags are mistakes, unknown variables are empty: a person need not have every attribute.
 */
function createTemplateEngine(): Liquid {
  const engine = new Liquid({
    templates: {},
    strictFilters: true,
    ownPropertyOnly: true,
    timezoneOffset: 0,
    locale: 'en-US',
    parseLimit: LONGEST_TEMPLATE,
    renderLimit: 2_000,
    memoryLimit: 1_000_000,
  });
  for (const tag of FILE_TAGS) delete engine.tags[tag];
  for (const filter of RANDOM_FILTERS) engine.unregisterFilter(filter);
  for (const [name, filter] of Object.entries(engine.filters)) {
    if (!name.startsWith('date') || typeof filter !== 'function') continue;
    engine.registerFilter(name, function (value: unknown, ...rest: unknown[]) {
      if (value === 'now' || value === 'today') throw new ClockRefused();
      return filter.call(this, value, ...rest);
    });
  }
  return engine;
}

/** One for all templates: it keeps nothing of what it renders. */
export const templateEngine = createTemplateEngine();
