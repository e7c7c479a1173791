import type { ContactValues, TextField } from '../../core/contact.ts';
import type { LogCode } from '../../core/run.ts';
import type { IndexedText } from '../../core/search-index.ts';
import { copyText, copyValues } from './copy-text.ts';

/** A person on the way into the plan, before it is known what becomes of them. */
export type StagedPerson = {
  position: number;
  /** CREATE for a person new to the connection, UPDATE for a linked one. */
  action: 'CREATE' | 'UPDATE';
  person: string;
  personId: string;
  /** The id that the contact gets if it is created. */
  contactId: string;
  values: ContactValues;
  alternatives: { [field in TextField]?: string[] } | undefined;
  hashHex: string;
  fillsId: string;
  indexed: IndexedText;
  remark: string | null;
};

/** A person who is left alone, with the reason. */
export type SkippedPerson = {
  position: number;
  person: string;
  personId: string | null;
  code: LogCode;
  reason: string;
};

/** Makes rows in COPY's text format with the columns that db/sync/staging.ts names, each ended by a line feed; `workspaceId` and `runId` lead each. */
export const stageRow = (workspaceId: string, runId: string) => {
  const lead = `${workspaceId}\t${runId}\t`;
  return {
    person: (staged: StagedPerson): string => {
      const { indexed } = staged;
      return (
        `${lead}${staged.position}\t${staged.action}\t${copyText(staged.person)}\t${copyText(staged.personId)}\t` +
        `${staged.contactId}\t\\N\t${copyValues(staged.values)}\t\\\\x${staged.hashHex}\t${staged.fillsId}\t` +
        `${copyText(indexed.emailKey)}\t${copyText(indexed.nameKey)}\t${copyText(indexed.companyKey)}\t` +
        `${copyText(indexed.words)}\t${copyText(indexed.search)}\t` +
        `${staged.alternatives === undefined ? '\\N' : copyText(JSON.stringify(staged.alternatives))}\t` +
        `${copyText(staged.remark)}\t\\N\t\\N\n`
      );
    },
    skipped: (skipped: SkippedPerson): string =>
      `${lead}${skipped.position}\tSKIP\t${copyText(skipped.person)}\t${copyText(skipped.personId)}\t` +
      `\\N\t${copyText(skipped.person)}\t\\N\t\\N\t\\N\t\\N\t\\N\t\\N\t\\N\t\\N\t\\N\t\\N\t` +
      `${skipped.code}\t${copyText(skipped.reason)}\n`,
  };
};
