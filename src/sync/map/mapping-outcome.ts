import type { Draft, TextField } from '../../core/contact.ts';
import type { LogCode } from '../../core/run.ts';

/** The candidates of single fields whose winning attribute had several values; the first is the one in the draft. */
export type Alternatives = { [field in TextField]?: string[] };

/** A person whom the mapping could turn into a draft. */
export type MappedPerson = {
  kind: 'draft';
  draft: Draft;
  /** What was left out of the draft and why, naming attribute and value; for the run log. */
  remarks: readonly string[];
  /** Absent when no single field had a choice. A contact that has one of the candidates already keeps it. */
  alternatives?: Alternatives;
};

/** What the mapping made of one person: a draft, or the reason why the person is skipped. */
export type MappingOutcome = MappedPerson | { kind: 'problem'; code: LogCode; message: string };
