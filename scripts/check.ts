/** `npm run check`: all checks that do not run the code. It reports all faults, and fails if there is one. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');

function bin(path: string): string {
  return join(root, 'node_modules', path);
}

const steps: readonly { name: string; args: readonly string[] }[] = [
  { name: 'format and lint', args: [bin('@biomejs/biome/bin/biome'), 'check', '--error-on-warnings', '.'] },
  { name: 'types', args: [bin('typescript/bin/tsc'), '-p', '.'] },
  { name: 'import rules', args: ['scripts/check/imports.ts'] },
  { name: 'schema drift', args: ['scripts/print-schema.ts', '--check'] },
  { name: 'operations drift', args: [bin('@graphql-codegen/cli/esm/bin.js'), '--config', 'codegen.yml', '--check'] },
  { name: 'dead code', args: [bin('knip/bin/knip.js')] },
  { name: 'committed files', args: ['scripts/check/committed-files.ts'] },
];

let failed = 0;
for (const { name, args } of steps) {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8' });
  console.log(`${status === 0 ? 'ok    ' : 'FAILED'} ${name}`);
  if (status === 0) continue;
  failed += 1;
  console.log(`${stdout}${stderr}`.trimEnd().replace(/^/gm, '       '));
}
console.log(`${steps.length - failed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
