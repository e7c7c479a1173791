import { readFileSync, writeFileSync } from 'node:fs';
import { z } from 'zod';
import { AppError } from '../../../src/core/app-error.ts';
import type { Cursor, Extent } from '../../../src/core/arrivals.ts';
import type { Entry } from '../../../src/core/entry.ts';
import type { ReadRequest } from '../../../src/core/source-session.ts';
import { defineSource, type SourceModule } from '../../../src/sync/source/source-module.ts';

/** A person of a story: an id, attributes by name, and whether they are disabled. */
export type Told = { id: string | null; disabled?: boolean; attributes: Record<string, string> };

export type Step =
  | { present: Told[] }
  | { gone: string[] }
  | { end: { complete: boolean; because?: string; cursor?: Cursor } }
  | { breaks: string };

/** What the source reports at the next read. */
export type Story = { extent: Extent; steps: Step[] };

const settings = z.object({ file: z.string() });
type Settings = z.infer<typeof settings>;

/** The file in which the source records the cursor that it was given. */
export const sinceFile = (file: string): string => `${file}.since`;

/**
 * A source that reports the story in a file. The test writes the file before each read. Attribute names are
 * case-sensitive.
 */
const toldModule: SourceModule<Settings> = {
  kind: 'LDAP',
  label: 'Story',
  description: 'For tests.',
  settings,
  form: [],
  destination: () => ({}),
  checkSettings: () => [],
  checkScope: () => [],
  attributes: { keyOf: (name) => name, fault: () => null },
  idSpace: null,
  people: { ofPerson: ({ name }) => name, ofValue: (value) => value },
  takesFile: false,
  continuation: 'tells changes',
  watch: null,
  hasPhotos: false,
  appliesRules: 'here',
  advice: { nobody: '', withoutId: '', elsewhere: '', emptied: '' },
  defaults: () => {
    throw new Error('A story has no defaults.');
  },
  open: async ({ file }) => ({
    server: 'story',
    notes: [],
    read: async (request, begin) => {
      writeFileSync(sinceFile(file), JSON.stringify(request.since?.cursor ?? null));
      const story: Story = JSON.parse(readFileSync(file, 'utf8'));
      const mode = story.extent === 'changes' ? 'INCREMENTAL' : 'FULL';
      const arrivals = begin(story.extent, { mode, reason: null });
      for (const step of story.steps) {
        if ('present' in step) await arrivals.present(step.present.map((one) => entryOf(one, request)));
        else if ('gone' in step) arrivals.gone(step.gone);
        else if ('breaks' in step) throw new AppError('UNREACHABLE', step.breaks);
        else {
          const { complete, because = null, cursor = null } = step.end;
          arrivals.end({ complete, because, cursor, referrals: [], notes: [] });
        }
      }
    },
    sample: async () => [],
    find: async () => ({ kind: 'nobody', where: 'in the story' }),
    close: async () => {},
  }),
  test: () => Promise.reject(new Error('A story is not tested.')),
  findable: [],
  settle: async (given) => ({ settings: given, baseDns: [], idColumn: null, filter: null, reasons: [] }),
};

export const toldSource = defineSource(toldModule);

const entryOf = ({ id, disabled = false, attributes }: Told, request: ReadRequest): Entry => ({
  name: attributes.cn ?? id ?? 'nobody',
  id,
  unfit: null,
  attributes: request.attributes.map((name) => attributes[name]),
  disabled,
  notAPerson: false,
  inGroups: true,
  excluded: null,
  undecodable: [],
  said: null,
});
