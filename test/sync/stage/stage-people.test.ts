import { Buffer } from 'node:buffer';
import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from '@jest/globals';
import { uuidv7 } from 'uuidv7';
import { indexed } from '../../../src/search/contact-index.ts';
import { Staging } from '../../../src/sync/stage/stage-people.ts';

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');

test('patterns of fills are not kept when nobody else has them', async () => {
  const workspaceId = uuidv7();
  const staging = new Staging({
    workspaceId,
    runId: uuidv7(),
    settingsText: '',
    index: (values) => indexed(values, workspaceId),
    people: null,
    onRows: () => {},
    onFills: () => {},
  });
  const made: WeakRef<object>[] = [];
  for (let nth = 0; nth < 200; nth++) {
    const fills = { CITY: `l${nth}` };
    made.push(new WeakRef(fills));
    staging.add({
      person: 'uid=a',
      personId: `a${nth}`,
      decided: 'created',
      hash: new Uint32Array(4),
      values: { DISPLAY_NAME: 'Ada' },
      fills,
      alternatives: undefined,
      remarks: [],
      findings: [],
    });
  }
  await setImmediate();
  collectGarbage();
  expect(made.filter((one) => one.deref() !== undefined).length).toBeLessThan(20);
  staging.flush();
});

test('a name has one digest in a workspace, as that of a person and of a manager, and another one in another workspace', () => {
  const one = namesOf(uuidv7());
  const other = namesOf(uuidv7());
  expect(one.manager).toBe(one.boss);
  expect(one.boss).not.toBe(one.report);
  expect(other.manager).toBe(other.boss);
  expect(other.boss).not.toBe(one.boss);
});

/** The digests of names that are stored for a boss and for a report of theirs. */
function namesOf(workspaceId: string) {
  const stored: Uint8Array[] = [];
  const staging = new Staging({
    workspaceId,
    runId: uuidv7(),
    settingsText: '',
    index: (values) => indexed(values, workspaceId),
    people: { ofPerson: ({ name }) => name, ofValue: (value) => value },
    onRows: (bytes) => stored.push(bytes),
    onFills: () => {},
  });
  const shared = { decided: 'created', hash: new Uint32Array(4), alternatives: undefined, remarks: [] } as const;
  const boss = { DISPLAY_NAME: 'Ada' };
  staging.add({ ...shared, person: 'uid=boss', personId: 'a', values: boss, fills: {}, findings: [] });
  const report = { DISPLAY_NAME: 'Bob', MANAGER: 'uid=boss' };
  staging.add({ ...shared, person: 'uid=report', personId: 'b', values: report, fills: {}, findings: [] });
  staging.flush();
  const [first = [], second = []] = valuesOf(Buffer.concat(stored));
  return { boss: first.at(personRef), report: second.at(personRef), manager: second.at(managerRef) };
}

/** Places among the columns that db/sync/staging.ts names, from the end. */
const personRef = -12;
const managerRef = -8;

/** The values of rows in the binary format of COPY, as hexadecimal digits. */
function valuesOf(bytes: Buffer): string[][] {
  const rows: string[][] = [];
  for (let at = 0; at < bytes.length; ) {
    const row: string[] = [];
    const values = bytes.readInt16BE(at);
    at += 2;
    for (let value = 0; value < values; value++) {
      const length = Math.max(0, bytes.readInt32BE(at));
      row.push(bytes.toString('hex', at + 4, at + 4 + length));
      at += 4 + length;
    }
    rows.push(row);
  }
  return rows;
}
