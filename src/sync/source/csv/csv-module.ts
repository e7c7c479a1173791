import { everybody } from '../defaults.ts';
import type { SourceModule } from '../source-module.ts';
import { checkScope, checkSettings } from './check-settings.ts';
import { openSession } from './csv-session.ts';
import { type CsvSettings, csvForm, csvSettings } from './csv-settings.ts';
import { csvMappings } from './default-mappings.ts';
import { columnFault, columnKey } from './header.ts';
import { settleFile } from './settle-file.ts';
import { testFile } from './test-file.ts';

/** A file of comma-separated values with a row for each person. It is uploaded or fetched. */
export const csv: SourceModule<CsvSettings> = {
  kind: 'CSV',
  label: 'CSV',
  description: 'A file with a row for each person, uploaded or fetched from an https:// address.',
  settings: csvSettings,
  form: csvForm,
  destination: ({ url }) => ({ url }),
  checkSettings,
  checkScope,
  attributes: { keyOf: columnKey, fault: columnFault },
  people: { ofPerson: ({ id }) => id ?? '', ofValue: (value) => value },
  appliesRules: 'here',
  idSpace: null,
  continuation: 'tells changes',
  takesFile: true,
  hasPhotos: false,
  advice: {
    nobody: 'The file has a header and no rows: look whether it was exported whole.',
    withoutId: 'Correct the rows of the skipped people (the log names them), or choose another idColumn.',
    elsewhere: 'Add the other file as a connection of its own.',
    emptied: 'whether the file still has those columns, under the same names.',
  },
  defaults: () => ({
    scope: everybody(),
    mappings: csvMappings(),
  }),
  open: openSession,
  test: testFile,
  findable: ['idColumn'],
  settle: settleFile,
  watch: null,
};
