/** Lists the imports that break a rule of .dependency-cruiser.cjs. */
import { importFaults } from './import-faults.ts';

const { faults, filesRead } = await importFaults();
for (const { rule, from, to } of faults) console.log(`${from} → ${to}: ${rule}`);
console.log(`${filesRead} files read, ${faults.length} forbidden imports`);
process.exitCode = faults.length > 0 || filesRead === 0 ? 1 : 0;
