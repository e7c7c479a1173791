import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from '@jest/globals';
import { uuidv7 } from 'uuidv7';
import { indexed } from '../../../src/search/contact-index.ts';
import { Staging } from '../../../src/sync/stage/stage-people.ts';

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');

test('patterns of what filled what are not kept once nobody else has them', async () => {
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
