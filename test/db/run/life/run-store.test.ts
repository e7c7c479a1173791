import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { AppError } from '../../../../src/core/app-error.ts';
import { noCounts } from '../../../../src/core/run.ts';
import type { ClaimedRun } from '../../../../src/core/run-store.ts';
import { createRunStore } from '../../../../src/db/run/create-run-store.ts';
import { anna, openRunsDatabase, type RunsDatabase } from '../../../runner/support/runs-database.ts';
import { line, write } from '../../../runner/support/scripted-run.ts';

let db: RunsDatabase;

beforeAll(async () => {
  db = await openRunsDatabase();
});
afterAll(() => db.close());

const wish = { mode: 'AUTO', trigger: 'MANUAL', startedBy: anna, dryRun: false, review: false } as const;

/** Starts a run of a new connection. */
async function start(given: { dryRun?: boolean } = {}) {
  const workspaceId = await db.addWorkspace();
  const connectionId = await db.addConnection(workspaceId);
  const outcome = await db.store.startRun({ ...wish, ...given, workspaceId, connectionId });
  if (outcome.kind !== 'started') throw new Error(outcome.kind);
  return { workspaceId, connectionId, runId: outcome.run.id };
}

async function claim({ workspaceId, runId }: { workspaceId: string; runId: string }): Promise<ClaimedRun> {
  const claimed = await db.store.claim({ id: await jobOf(runId), workspaceId, runId });
  if (claimed === null) throw new Error('Nothing to claim.');
  return claimed;
}

/** The newest job of a run, as the queue would deliver it. */
async function jobOf(runId: string): Promise<string> {
  const { rows } = await db.pool.query(
    `SELECT id FROM pgboss.job WHERE singleton_key = $1 ORDER BY created_on DESC LIMIT 1`,
    [runId],
  );
  return rows[0]?.id ?? randomUUID();
}

async function toState(state: 'QUEUED' | 'RUNNING' | 'HELD' | 'SUCCEEDED') {
  const ids = await start();
  if (state === 'QUEUED') return ids;
  const claimed = await claim(ids);
  if (state === 'HELD') await write(db.pool, claimed, { lines: [line('planned')], to: 'held' });
  if (state === 'SUCCEEDED') await write(db.pool, claimed, { to: 'succeeded' });
  return ids;
}

const lines = async (workspaceId: string, runId: string) => {
  const slice = await db.store.runLog(workspaceId, runId, { after: 0, minLevel: 'DEBUG', search: null, first: 1000 });
  return slice.lines.map(({ seq, code }) => `${seq} ${code}`);
};
const find = async (workspaceId: string, runId: string) => {
  const run = await db.store.findRun(workspaceId, runId);
  if (run === null) throw new Error('No such run.');
  return run;
};
const planRow = (workspaceId: string, runId: string, position: number) =>
  db.pool.query(
    `INSERT INTO plan_row (workspace_id, run_id, position, action, person) VALUES ($1, $2, $3, 'CREATE', 'uid=a')`,
    [workspaceId, runId, position],
  );
const planSize = async (runId: string) =>
  (await db.pool.query(`SELECT 1 FROM plan_row WHERE run_id = $1`, [runId])).rowCount;

/** While `work` goes on, the database refuses rows of the table that meet the condition, in which they are called NEW. */
async function refusing(table: 'run' | 'run_log', condition: string, work: () => Promise<void>): Promise<void> {
  await db.pool.query(
    `CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF ${condition} THEN RAISE 'refused'; END IF; RETURN NEW; END $$;
     CREATE TRIGGER refusing BEFORE INSERT OR UPDATE ON ${table} FOR EACH ROW EXECUTE FUNCTION refuse()`,
  );
  await work().finally(() => db.pool.query('DROP FUNCTION refuse CASCADE'));
}

describe('starting', () => {
  test('two starts at once give one run and one job', async () => {
    const workspaceId = await db.addWorkspace();
    const connectionId = await db.addConnection(workspaceId);
    const outcomes = await Promise.all(
      Array.from({ length: 8 }, () => db.store.startRun({ ...wish, workspaceId, connectionId })),
    );
    expect(outcomes.filter(({ kind }) => kind === 'started')).toHaveLength(1);
    expect(outcomes.filter(({ kind }) => kind === 'already_running')).toHaveLength(7);
    const ids = new Set(outcomes.map((outcome) => ('run' in outcome ? outcome.run.id : '')));
    expect(ids.size).toBe(1);
    const { rowCount } = await db.pool.query(`SELECT 1 FROM pgboss.job WHERE singleton_key = $1`, [...ids]);
    expect(rowCount).toBe(1);
  });

  test.each(['QUEUED', 'RUNNING', 'HELD'] as const)(
    'a connection with a %s run answers with that one',
    async (state) => {
      const { workspaceId, connectionId, runId } = await toState(state);
      const outcome = await db.store.startRun({ ...wish, workspaceId, connectionId });
      expect(outcome).toMatchObject({ kind: 'already_running', run: { id: runId, status: state } });
    },
  );

  test('after a run has ended, the next one can start', async () => {
    const { workspaceId, connectionId } = await toState('SUCCEEDED');
    expect(await db.store.startRun({ ...wish, workspaceId, connectionId })).toMatchObject({ kind: 'started' });
  });

  test('a Draft allows only dry runs', async () => {
    const workspaceId = await db.addWorkspace();
    const connectionId = await db.addConnection(workspaceId, { status: 'DRAFT' });
    expect(await db.store.startRun({ ...wish, workspaceId, connectionId })).toEqual({ kind: 'draft' });
    const dry = await db.store.startRun({ ...wish, workspaceId, connectionId, dryRun: true });
    expect(dry).toMatchObject({ kind: 'started', run: { dryRun: true } });
  });

  test('nothing starts if Contact Sync is off, or for unknown, foreign and malformed connections', async () => {
    const workspaceId = await db.addWorkspace();
    const connectionId = await db.addConnection(workspaceId);
    const foreign = await db.addWorkspace();
    for (const [workspace, connection] of [
      [foreign, connectionId],
      [workspaceId, randomUUID()],
      [workspaceId, "x' --"],
    ] as const) {
      const outcome = await db.store.startRun({ ...wish, workspaceId: workspace, connectionId: connection });
      expect(outcome).toEqual({ kind: 'unknown' });
    }
    await db.store.setContactSyncEnabled(workspaceId, false, anna);
    expect(await db.store.startRun({ ...wish, workspaceId, connectionId })).toEqual({ kind: 'off' });
  });

  test('the run keeps the settings of its start, and its row never contains a secret', async () => {
    const workspaceId = await db.addWorkspace();
    const connectionId = await db.addConnection(workspaceId, { bindPassword: 'hunter2' });
    const outcome = await db.store.startRun({ ...wish, workspaceId, connectionId });
    if (outcome.kind !== 'started') throw new Error(outcome.kind);
    await db.edit(workspaceId, connectionId, { priority: 7 });
    const { rows } = await db.pool.query(`SELECT run::text AS row FROM run WHERE id = $1`, [outcome.run.id]);
    expect(rows[0].row).not.toContain('hunter2');
    const claimed = await claim({ workspaceId, runId: outcome.run.id });
    expect(claimed.settings).toMatchObject({
      kind: 'LDAP',
      source: { urls: ['ldap://ldap.example.org'] },
      priority: 7,
    });
    expect(claimed.run.connectionVersion).toBe(2);
    expect(claimed.secrets).toEqual({ bindPassword: 'hunter2' });
  });
});

describe('claiming', () => {
  test('takes a queued run, once', async () => {
    const ids = await start();
    const claimed = await claim(ids);
    expect(claimed).toMatchObject({ attempt: 1, planStands: false });
    expect(claimed.run).toMatchObject({ status: 'RUNNING', phase: 'CONNECTING', mode: null });
    expect(claimed.run.startedAt).not.toBeNull();
    // A live process still works on the first job, so another job gets nothing.
    expect(await db.store.claim({ id: randomUUID(), workspaceId: ids.workspaceId, runId: ids.runId })).toBeNull();
  });

  test('a run that lost its worker starts over with the next attempt, and the old attempt is fenced off', async () => {
    const ids = await start();
    const first = await claim(ids);
    await write(db.pool, first, { lines: [line('read')], to: 'reading', set: `counts = counts || '{"read": 7}'` });
    const second = await claim(ids);
    expect(second).toMatchObject({ attempt: 2, planStands: false, run: { counts: noCounts, phase: 'CONNECTING' } });
    await expect(write(db.pool, first, { lines: [line('late')] })).rejects.toMatchObject({ code: 'FENCED' });
    expect(await db.store.end(first, { status: 'CANCELLED' })).toBe(false);
    expect(await db.store.attemptState(first)).toBe('fenced');
    expect(await db.store.attemptState(second)).toBe('going_on');
    expect(await lines(ids.workspaceId, ids.runId)).toEqual(['1 READING', '2 RUN_RESUMED']);
  });

  test('a run that was applying continues to apply', async () => {
    const ids = await start();
    const first = await claim(ids);
    await write(db.pool, first, {
      to: 'applying',
      set: `applied_position = 5, counts = counts || '{"created": 5}'`,
    });
    const second = await claim(ids);
    expect(second).toMatchObject({ planStands: true, run: { phase: 'APPLYING', counts: { created: 5 } } });
  });

  test.each(['HELD', 'SUCCEEDED'] as const)('a %s run is not taken', async (state) => {
    const { workspaceId, runId } = await toState(state);
    expect(await db.store.claim({ id: randomUUID(), workspaceId, runId })).toBeNull();
  });

  test('a run that kills all of its workers finally fails', async () => {
    const ids = await start();
    for (let attempt = 1; attempt <= 10; attempt++) expect(await claim(ids)).toMatchObject({ attempt });
    expect(await db.store.claim({ id: await jobOf(ids.runId), ...ids })).toBeNull();
    expect(await find(ids.workspaceId, ids.runId)).toMatchObject({ status: 'FAILED', error: { code: 'WORKER_LOST' } });
  });

  test('a database that is lost during a run does not count as a dead worker, and is named in the log', async () => {
    const ids = await start();
    const job = { id: await jobOf(ids.runId), ...ids };
    for (let attempt = 1; attempt <= 30; attempt++)
      expect(await db.store.claim(job, attempt > 1)).toMatchObject({ attempt });
    const { lines: said } = await db.store.runLog(ids.workspaceId, ids.runId, {
      after: 0,
      minLevel: 'DEBUG',
      search: null,
      first: 1,
    });
    expect(said[0]?.message).toBe(
      'The database crashed or was lost while this run was worked on (attempt 1). Nothing was applied yet: the run starts over.',
    );
    for (let death = 1; death < 10; death++) expect(await db.store.claim(job)).not.toBeNull();
    expect(await db.store.claim(job)).toBeNull();
    expect(await find(ids.workspaceId, ids.runId)).toMatchObject({ status: 'FAILED', error: { code: 'WORKER_LOST' } });
  });

  test('a run during which the database crashes again and again finally fails', async () => {
    const ids = await start();
    const job = { id: await jobOf(ids.runId), ...ids };
    for (let attempt = 1; attempt <= 31; attempt++)
      expect(await db.store.claim(job, attempt > 1)).toMatchObject({ attempt });
    expect(await db.store.claim(job, true)).toBeNull();
    expect(await find(ids.workspaceId, ids.runId)).toMatchObject({
      status: 'FAILED',
      error: { code: 'DATABASE_LOST' },
    });
  });

  test('a secret that cannot be opened fails the run with what to do about it', async () => {
    const workspaceId = await db.addWorkspace();
    const connectionId = await db.addConnection(workspaceId, { bindPassword: 'sealed' });
    const outcome = await db.store.startRun({ ...wish, workspaceId, connectionId });
    if (outcome.kind !== 'started') throw new Error(outcome.kind);
    const keyless = createRunStore({
      ...db,
      openSecret: () => {
        throw new AppError('SECRET_UNREADABLE', 'The key is not at hand.', {
          hint: 'Give SECRETS_KEY the old key, too.',
        });
      },
    });
    const runId = outcome.run.id;
    expect(await keyless.claim({ id: await jobOf(runId), workspaceId, runId })).toBeNull();
    expect(await find(workspaceId, runId)).toMatchObject({
      status: 'FAILED',
      phase: 'FINISHED',
      error: { code: 'SECRET_UNREADABLE', hint: 'Give SECRETS_KEY the old key, too.' },
    });
    expect(await lines(workspaceId, runId)).toEqual(['1 RUN_FAILED']);
  });
});

describe('cancelling', () => {
  test.each(['QUEUED', 'HELD'] as const)('a %s run ends at once', async (state) => {
    const { workspaceId, runId } = await toState(state);
    const outcome = await db.store.cancel(workspaceId, runId, anna);
    expect(outcome).toMatchObject({ kind: 'done', run: { status: 'CANCELLED', phase: 'FINISHED' } });
    expect((await find(workspaceId, runId)).finishedAt).not.toBeNull();
    expect((await lines(workspaceId, runId)).at(-1)).toMatch(/CANCELLED$/);
    expect(await db.store.claim({ id: randomUUID(), workspaceId, runId })).toBeNull();
  });

  test('a RUNNING run is marked, and its attempt is notified', async () => {
    const ids = await start();
    const claimed = await claim(ids);
    const outcome = await db.store.cancel(ids.workspaceId, ids.runId, anna);
    expect(outcome).toMatchObject({ kind: 'done', run: { status: 'RUNNING' } });
    expect(await db.store.attemptState(claimed)).toBe('cancel_requested');
    expect(await db.store.end(claimed, { status: 'CANCELLED' })).toBe(true);
    const slice = await db.store.runLog(ids.workspaceId, ids.runId, {
      after: 0,
      minLevel: 'INFO',
      search: null,
      first: 9,
    });
    expect(slice.lines.at(-1)?.message).toBe('Cancelled by Anna Berg. Nothing was applied.');
  });

  test('a RUNNING run whose worker is gone ends when that is noticed', async () => {
    const ids = await start();
    await claim(ids);
    await db.store.cancel(ids.workspaceId, ids.runId, anna);
    expect(await db.store.claim({ id: await jobOf(ids.runId), ...ids })).toBeNull();
    expect(await find(ids.workspaceId, ids.runId)).toMatchObject({ status: 'CANCELLED' });
  });

  test('an ended run stays as it is', async () => {
    const { workspaceId, runId } = await toState('SUCCEEDED');
    expect(await db.store.cancel(workspaceId, runId, anna)).toMatchObject({
      kind: 'ended',
      run: { status: 'SUCCEEDED' },
    });
  });

  test('a foreign, unknown or malformed run is unknown', async () => {
    const { runId } = await start();
    for (const id of [runId, randomUUID(), 'nonsense']) {
      expect(await db.store.cancel(await db.addWorkspace(), id, anna)).toEqual({ kind: 'unknown' });
    }
  });

  test('in the middle of applying, the counts are those of what was applied and the rest of the plan stays', async () => {
    const ids = await start();
    const claimed = await claim(ids);
    for (const position of [1, 2, 3]) await planRow(ids.workspaceId, ids.runId, position);
    await write(db.pool, claimed, {
      to: 'applying',
      set: `applied_position = 1, counts = counts || '{"inScope": 4, "created": 1, "unchanged": 1}'`,
    });
    await db.store.cancel(ids.workspaceId, ids.runId, anna);
    await db.store.end(claimed, { status: 'CANCELLED' });
    const run = await find(ids.workspaceId, ids.runId);
    expect(run.counts).toMatchObject({ created: 1, unchanged: 1, inScope: 2 });
    expect(await planSize(ids.runId)).toBe(3);
  });

  test('all runs of a workspace at once, and no others', async () => {
    const workspaceId = await db.addWorkspace();
    const runs: string[] = [];
    for (const name of ['one', 'two']) {
      const connectionId = await db.addConnection(workspaceId, { name });
      const outcome = await db.store.startRun({ ...wish, workspaceId, connectionId });
      if (outcome.kind === 'started') runs.push(outcome.run.id);
    }
    const other = await start();
    await db.store.setContactSyncEnabled(workspaceId, false, anna);
    for (const runId of runs) expect(await find(workspaceId, runId)).toMatchObject({ status: 'CANCELLED' });
    expect(await find(other.workspaceId, other.runId)).toMatchObject({ status: 'QUEUED' });
  });

  test("turning Contact Sync off and cancelling are one step: if a run can't be cancelled, it stays on", async () => {
    const { workspaceId, connectionId, runId } = await start();
    await refusing('run', `NEW.id = '${runId}' AND NEW.phase = 'FINISHED'`, async () => {
      await expect(db.store.setContactSyncEnabled(workspaceId, false, anna)).rejects.toThrow('refused');
    });
    expect(await db.store.workspace(workspaceId)).toMatchObject({ contactSyncEnabled: true });
    expect(await db.store.startRun({ ...wish, workspaceId, connectionId })).toMatchObject({ kind: 'already_running' });
  });

  test('starts at the moment when Contact Sync is turned off leave no open run', async () => {
    const workspaceId = await db.addWorkspace();
    const connections = await Promise.all(['a', 'b', 'c', 'd'].map((name) => db.addConnection(workspaceId, { name })));
    await Promise.all([
      ...connections.map((connectionId) => db.store.startRun({ ...wish, workspaceId, connectionId })),
      db.store.setContactSyncEnabled(workspaceId, false, anna),
    ]);
    const runs = await db.store.recentRuns(workspaceId, new Date(0));
    expect(runs.filter(({ status }) => status !== 'CANCELLED')).toEqual([]);
  });

  test('a run is not claimed while Contact Sync is off', async () => {
    const ids = await start();
    await db.pool.query(`UPDATE workspace SET contact_sync_enabled = false WHERE id = $1`, [ids.workspaceId]);
    const job = { id: await jobOf(ids.runId), workspaceId: ids.workspaceId, runId: ids.runId };
    expect(await db.store.claim(job)).toBeNull();
    expect(await find(ids.workspaceId, ids.runId)).toMatchObject({ status: 'CANCELLED' });
  });
});

describe('deciding', () => {
  test('an approved run is queued again, with its plan', async () => {
    const ids = await toState('HELD');
    await planRow(ids.workspaceId, ids.runId, 1);
    const outcome = await db.store.approve(ids.workspaceId, ids.runId, anna);
    expect(outcome).toMatchObject({ kind: 'done', run: { status: 'QUEUED', phase: 'WAITING', decidedBy: anna } });
    const claimed = await claim(ids);
    expect(claimed).toMatchObject({ planStands: true, attempt: 2, run: { phase: 'APPLYING' } });
    expect(await planSize(ids.runId)).toBe(1);
    expect(await lines(ids.workspaceId, ids.runId)).toEqual(['1 READING', '2 APPROVED']);
  });

  test('a plan is outdated when its connection was edited or deleted since', async () => {
    const edited = await toState('HELD');
    await db.edit(edited.workspaceId, edited.connectionId, { priority: 7 });
    expect(await db.store.approve(edited.workspaceId, edited.runId, anna)).toEqual({ kind: 'outdated' });
    expect(await find(edited.workspaceId, edited.runId)).toMatchObject({ status: 'HELD' });
    const orphaned = await toState('HELD');
    await db.pool.query(`UPDATE run SET connection_id = NULL WHERE id = $1`, [orphaned.runId]);
    expect(await db.store.approve(orphaned.workspaceId, orphaned.runId, anna)).toEqual({ kind: 'outdated' });
  });

  test('a rejected run ends, and keeps its plan and counts', async () => {
    const ids = await start();
    const claimed = await claim(ids);
    await planRow(ids.workspaceId, ids.runId, 1);
    await write(db.pool, claimed, { to: 'held', set: `counts = counts || '{"inScope": 1, "created": 1}'` });
    const outcome = await db.store.reject(ids.workspaceId, ids.runId, anna);
    expect(outcome).toMatchObject({
      kind: 'done',
      run: { status: 'REJECTED', phase: 'FINISHED', counts: { inScope: 1, created: 1 }, decidedBy: anna },
    });
    expect(await planSize(ids.runId)).toBe(1);
    expect(await lines(ids.workspaceId, ids.runId)).toEqual(['1 REJECTED']);
  });

  test.each(['QUEUED', 'RUNNING', 'SUCCEEDED'] as const)('a %s run is neither approved nor rejected', async (state) => {
    const { workspaceId, runId } = await toState(state);
    expect(await db.store.approve(workspaceId, runId, anna)).toEqual({ kind: 'not_held' });
    expect(await db.store.reject(workspaceId, runId, anna)).toEqual({ kind: 'not_held' });
    expect(await db.store.approve(workspaceId, 'nonsense', anna)).toEqual({ kind: 'unknown' });
  });
});

describe('ending', () => {
  test('a run that failed before it applied anything drops its unfinished plan, and counts nothing as applied', async () => {
    const ids = await start();
    const claimed = await claim(ids);
    await planRow(ids.workspaceId, ids.runId, 1);
    await write(db.pool, claimed, {
      to: 'planning',
      set: `counts = counts || '{"read": 3, "inScope": 3, "created": 2, "unchanged": 1}'`,
    });
    const error = { code: 'CONNECTION_LOST', message: 'The server closed the connection.', hint: 'Look at its log.' };
    expect(await db.store.end(claimed, { status: 'FAILED', error })).toBe(true);
    const run = await find(ids.workspaceId, ids.runId);
    expect(run).toMatchObject({ status: 'FAILED', phase: 'FINISHED', error });
    expect(run.finishedAt).not.toBeNull();
    expect(run.counts).toMatchObject({ read: 3, created: 0, unchanged: 1, inScope: 1 });
    expect(await planSize(ids.runId)).toBe(0);
    expect(await db.store.end(claimed, { status: 'FAILED', error })).toBe(false);
  });

  test.each([
    ['U+0000', 'wrong password\u0000'],
    ['half of a surrogate pair', 'user \ud800 unknown'],
    ['three megabytes', 'x'.repeat(3_000_000)],
  ])('a run whose error has %s still ends with that error', async (_, message) => {
    const ids = await start();
    const claimed = await claim(ids);
    expect(await db.store.end(claimed, { status: 'FAILED', error: { code: 'BIND', message, hint: message } })).toBe(
      true,
    );
    const run = await find(ids.workspaceId, ids.runId);
    expect(run).toMatchObject({ status: 'FAILED', phase: 'FINISHED', error: { code: 'BIND' } });
    expect(run.error?.message.slice(0, 5)).toBe(message.slice(0, 5));
    expect(JSON.stringify(run.error).length).toBeLessThan(20_000);
    expect(await lines(ids.workspaceId, ids.runId)).toEqual(['1 RUN_FAILED']);
  });

  test.each([
    ['line is', 'run_log', `NEW.code = 'RUN_FAILED' AND NEW.message LIKE 'unspeakable%'`, ['1 RUN_FAILED']],
    ['line is, whatever it says,', 'run_log', `NEW.code = 'RUN_FAILED'`, []],
    ['error is', 'run', `NEW.error->>'message' = 'unspeakable'`, ['1 RUN_FAILED']],
  ] as const)(
    'a run whose last %s refused by the database ends with what is not',
    async (_, table, condition, told) => {
      const ids = await start();
      const claimed = await claim(ids);
      const error = { code: 'SAD', message: 'unspeakable', hint: null };
      await refusing(table, condition, async () => {
        expect(await db.store.end(claimed, { status: 'FAILED', error })).toBe(true);
      });
      const run = await find(ids.workspaceId, ids.runId);
      expect(run).toMatchObject({ status: 'FAILED', phase: 'FINISHED', error: { code: 'INTERNAL' } });
      expect(run.error?.message).toContain('P0001');
      expect(await lines(ids.workspaceId, ids.runId)).toEqual(told);
    },
  );

  test('a line is added only to a run that has not ended', async () => {
    for (const state of ['QUEUED', 'HELD', 'SUCCEEDED'] as const) {
      const { workspaceId, runId } = await toState(state);
      const before = (await find(workspaceId, runId)).lastSeq;
      await Promise.all([1, 2, 3].map((nth) => db.store.addLine(workspaceId, runId, line(String(nth)))));
      const after = await lines(workspaceId, runId);
      expect(after).toHaveLength(state === 'SUCCEEDED' ? before : before + 3);
      expect(after.map((text) => Number.parseInt(text, 10))).toEqual(after.map((_, i) => i + 1));
    }
  });
});

describe('making way', () => {
  test("any number of times does not end a run, and the old attempt can't write any more", async () => {
    const ids = await start();
    for (let times = 0; times < 12; times++) {
      const claimed = await claim(ids);
      await db.store.giveWay(claimed);
      expect(await find(ids.workspaceId, ids.runId)).toMatchObject({ status: 'QUEUED', phase: 'WAITING' });
      await expect(write(db.pool, claimed, { lines: [line('late')] })).rejects.toMatchObject({ code: 'FENCED' });
    }
    expect(await claim(ids)).toMatchObject({ attempt: 13, planStands: false });
  });

  test('a run that was applying continues with its plan', async () => {
    const ids = await start();
    const claimed = await claim(ids);
    await write(db.pool, claimed, { to: 'applying', set: `applied_position = 7` });
    await db.store.giveWay(claimed);
    expect(await claim(ids)).toMatchObject({ attempt: 2, planStands: true });
  });
});

describe('recovering', () => {
  test('a run without a live job gets one new job, however many processes look for it', async () => {
    const ids = await start();
    await claim(ids);
    await db.pool.query(`DELETE FROM pgboss.job WHERE singleton_key = $1`, [ids.runId]);
    await Promise.all([1, 2, 3].map(() => db.store.recoverLostRuns()));
    const { rows } = await db.pool.query(`SELECT id FROM pgboss.job WHERE singleton_key = $1`, [ids.runId]);
    expect(rows).toHaveLength(1);
    expect(await claim(ids)).toMatchObject({ attempt: 2 });
  });

  test('a run whose worker sent a heartbeat lately is left alone; after ten seconds of silence it is not', async () => {
    const ids = await start();
    await claim(ids);
    await db.pool.query(
      `UPDATE pgboss.job SET state = 'active', started_on = now() - interval '1 h', heartbeat_on = now() WHERE singleton_key = $1`,
      [ids.runId],
    );
    await db.store.recoverLostRuns();
    const jobs = () => db.pool.query(`SELECT 1 FROM pgboss.job WHERE singleton_key = $1`, [ids.runId]);
    expect((await jobs()).rowCount).toBe(1);
    await db.pool.query(`UPDATE pgboss.job SET heartbeat_on = now() - interval '11 s' WHERE singleton_key = $1`, [
      ids.runId,
    ]);
    await db.store.recoverLostRuns();
    expect((await jobs()).rowCount).toBe(2);
  });

  test('a run that became HELD just when it was cancelled ends', async () => {
    const ids = await start();
    const claimed = await claim(ids);
    await db.store.cancel(ids.workspaceId, ids.runId, anna);
    await write(db.pool, claimed, { to: 'held' });
    await db.store.recoverLostRuns();
    expect(await find(ids.workspaceId, ids.runId)).toMatchObject({ status: 'CANCELLED' });
  });

  test('a queued run that was locked when it was cancelled ends, with or without a worker', async () => {
    const ids = await start();
    const other = await db.pool.connect();
    try {
      await other.query('BEGIN');
      await other.query('SELECT FROM run WHERE workspace_id = $1 AND id = $2 FOR UPDATE', [ids.workspaceId, ids.runId]);
      await db.store.cancel(ids.workspaceId, ids.runId, anna);
      await other.query('ROLLBACK');
    } finally {
      other.release();
    }
    expect(await find(ids.workspaceId, ids.runId)).toMatchObject({ status: 'QUEUED' });
    await db.store.recoverLostRuns();
    expect(await find(ids.workspaceId, ids.runId)).toMatchObject({ status: 'CANCELLED' });
  });
});
