import {
  ContactField,
  type ContactValues,
  type IndexedText,
  isFlagField,
  type LabeledValue,
  type TextField,
} from '../../core/contact.ts';
import type { Finding } from '../../core/quality.ts';
import type { LogCode } from '../../core/run.ts';
import { uuidBytes } from '../../core/uuid.ts';
import { wordsText } from '../../search/contact-index.ts';
import type { Digest } from './digest.ts';
import type { RowWriter } from './row-writer.ts';

/** A person to write as a row of the plan. */
export type StagedPerson = {
  position: number;
  /** Null: planning decides later. */
  action: 'CREATE' | null;
  person: string;
  personId: string;
  values: ContactValues;
  alternatives: { [field in TextField]?: string[] } | undefined;
  hash: Digest;
  fillsId: Uint8Array;
  /** The digests of the person's name in the source and of their manager's. Null: not needed, or there is no manager. */
  personRef: Digest | null;
  managerRef: Digest | null;
  indexed: IndexedText;
  remark: string | null;
  findings: readonly Finding[];
};

/** A person who is skipped, with the reason. */
export type SkippedPerson = {
  position: number;
  person: string;
  personId: string | null;
  code: LogCode;
  reason: string;
  findings: readonly Finding[];
};

/** A contact's fields, each a column, in the order of the plan's columns. */
const fields = Object.values(ContactField).map((field) => ({ field, isFlag: isFlagField(field) }));

/** Number of columns that db/sync/staging.ts names. `before` of them come before the fields. */
const columns = 22 + fields.length;
const before = 8;

/** Writes rows of one workspace and run, with the columns that db/sync/staging.ts names. */
export function stageRow(rows: RowWriter, workspaceId: string, runId: string) {
  const [workspace, run] = [uuidBytes(workspaceId), uuidBytes(runId)];
  const begin = (
    { position, person, personId }: StagedPerson | SkippedPerson,
    action: 'CREATE' | 'SKIP' | null,
  ): void => {
    rows.beginRow(columns);
    rows.bytes(workspace);
    rows.bytes(run);
    rows.bigint(position);
    rows.text(action);
    rows.text(person);
    rows.text(personId);
  };
  return {
    /** The row gets a new id for a contact that may be created. */
    person: (staged: StagedPerson): void => {
      const { indexed } = staged;
      begin(staged, staged.action);
      rows.newUuid();
      rows.null();
      contactValues(rows, staged.values);
      rows.digest(staged.hash);
      rows.bytes(staged.fillsId);
      digest(rows, staged.personRef);
      rows.text(indexed.emailKey);
      rows.text(indexed.nameKey);
      rows.text(indexed.companyKey);
      digest(rows, staged.managerRef);
      rows.text(wordsText(indexed.words));
      rows.keys(indexed.search);
      if (staged.alternatives === undefined) rows.null();
      else rows.text(JSON.stringify(staged.alternatives));
      rows.text(staged.remark);
      rows.null();
      rows.null();
      findings(rows, staged.findings);
    },
    skipped: (skipped: SkippedPerson): void => {
      begin(skipped, 'SKIP');
      rows.null();
      rows.text(skipped.person);
      for (let column = before; column < columns - 3; column++) rows.null();
      rows.text(skipped.code);
      rows.text(skipped.reason);
      findings(rows, skipped.findings);
    },
  };
}

function findings(rows: RowWriter, some: readonly Finding[]): void {
  if (some.length === 0) rows.null();
  else rows.text(JSON.stringify(some));
}

function digest(rows: RowWriter, value: Digest | null): void {
  if (value === null) rows.null();
  else rows.digest(value);
}

function contactValues(rows: RowWriter, values: ContactValues): void {
  for (let i = 0; i < fields.length; i++) {
    const { field, isFlag } = fields[i] as (typeof fields)[number];
    const value = values[field];
    if (typeof value === 'string') rows.text(value);
    else if (isFlag) rows.boolean(value === true);
    else if (value === undefined) rows.null();
    else labeledValues(rows, value as LabeledValue[]);
  }
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: those are what JSON escapes.
const escapedInJson = /["\\\u0000-\u001f]/;

function labeledValues(rows: RowWriter, list: readonly LabeledValue[]): void {
  const start = rows.beginText();
  rows.raw('[');
  for (let i = 0; i < list.length; i++) {
    const { label, value } = list[i] as LabeledValue;
    rows.raw(i === 0 ? '{"label":' : ',{"label":');
    jsonText(rows, label);
    rows.raw(',"value":');
    jsonText(rows, value);
    rows.raw('}');
  }
  rows.raw(']');
  rows.end(start);
}

function jsonText(rows: RowWriter, text: string): void {
  if (escapedInJson.test(text)) {
    rows.raw(JSON.stringify(text));
    return;
  }
  rows.raw('"');
  rows.raw(text);
  rows.raw('"');
}
