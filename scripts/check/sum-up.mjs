/**
 * Prints the last line of .ci/run, `N passed, N failed`, from the output of `npm run check` and the results of jest.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const folder = process.argv[2] ?? '.';
const checks = /^(\d+) passed, (\d+) failed$/m.exec(read('check.txt'));
const tests = JSON.parse(read('tests.json') || 'null');

let passed = Number(checks?.[1] ?? 0);
let failed = Number(checks?.[2] ?? 1);
passed += tests?.numPassedTests ?? 0;
failed += tests === null ? 1 : tests.numFailedTests + tests.numRuntimeErrorTestSuites;
if (tests !== null && !tests.success && failed === 0) failed = 1;

const results = (tests?.testResults ?? []).flatMap(({ assertionResults }) => assertionResults);
const notRun = results.filter(({ status }) => status === 'pending');
for (const name of new Set(notRun.map(({ ancestorTitles, title }) => ancestorTitles[0] ?? title)))
  console.log(`not run: ${name}`);

console.log(`${passed} passed, ${failed} failed`);
process.exit(failed > 0 ? 1 : 0);

function read(name) {
  try {
    return readFileSync(join(folder, name), 'utf8');
  } catch {
    return '';
  }
}
