/** The sample directory as a separate process. It reports its address, and ends with the process that started it. */
import { sampleEntries } from './people.ts';
import { startSampleDirectory } from './start-sample-directory.ts';

const wanted = Number(process.argv[2] ?? 0);
const entries = sampleEntries();
const directory = await startSampleDirectory(entries, wanted).catch(() => startSampleDirectory(entries, 0));

process.send?.({ url: directory.url, people: entries.filter(({ attributes }) => attributes.uid !== undefined).length });
process.on('disconnect', () => process.exit());
process.on('SIGTERM', () => process.exit());
// Ctrl-C signals all processes at once, but a run may still be reading. The demo says when to end.
for (const signal of ['SIGINT', 'SIGHUP']) process.on(signal, () => {});
