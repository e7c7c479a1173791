import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Answer, collect, type Data, startApi, type TestApi } from '../support/api.ts';
import { makeCertificate } from '../support/ldap-certificates.ts';
import { people } from '../support/ldap-people.ts';
import { type Slapd, startSlapd } from '../support/slapd.ts';

const PEOPLE = 40;
/** A CA. The server knows people with its certificates by their names. */
const authority = makeCertificate({ commonName: 'Client CA' });

let api: TestApi;
let slapd: Slapd;

beforeAll(async () => {
  const clients = { ca: authority.cert, verify: 'try' } as const;
  [api, slapd] = await Promise.all([startApi(), startSlapd({ entries: people(PEOPLE), clients })]);
});
afterAll(() => Promise.all([api.close(), slapd.close()]));

async function newConnection(changes: object = {}): Promise<string> {
  const { createConnection } = await api.ask(
    'mutation ($input: CreateConnectionInput!) { createConnection(input: $input) { connection { id } userErrors { field code message } } }',
    {
      input: {
        name: 'Directory',
        status: 'ENABLED',
        source: {
          ldap: {
            urls: [slapd.url],
            bindDn: slapd.bindDn,
            bindPassword: slapd.bindPassword,
            baseDns: [slapd.baseDn],
          },
        },
        ...changes,
      },
    },
  );
  expect(createConnection.userErrors).toEqual([]);
  return createConnection.connection.id;
}

const start = `mutation ($id: ID!, $dryRun: Boolean, $review: Boolean) {
  startRun(connectionId: $id, dryRun: $dryRun, review: $review) {
    run { id status phase trigger startedBy { kind id name } }
    alreadyRunning
    userErrors { field code message }
  }
}`;

const progress = `subscription ($id: ID!) {
  runProgress(runId: $id) {
    id status phase progress mode modeReason dryRun holdReasons
    counts { read inScope created updated unchanged linked deactivated reactivated deleted skipped failed }
    error { code message hint }
  }
}`;

const logs = `subscription ($id: ID!, $after: Int, $level: LogLevel) {
  runLog(runId: $id, after: $after, minLevel: $level) {
    runId runStatus lastSeq lines { seq at level code message person personId contactId }
  }
}`;

function lastOf(answers: Answer[]): Data {
  return answers.at(-1)?.data;
}

function linesOf(answers: Answer[]): Data[] {
  return answers.flatMap((answer) => answer.data.runLog.lines);
}

function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index + 1);
}

async function run(id: string, options: object = {}): Promise<Data> {
  const { startRun } = await api.ask(start, { id, ...options });
  expect(startRun.userErrors).toEqual([]);
  return startRun.run;
}

/** The run's state once it has ended or waits for a decision. */
async function settled(id: string): Promise<Data> {
  for await (const { data } of api.overWebSocket(progress, { id })) {
    if (!['QUEUED', 'RUNNING'].includes(data.runProgress.status)) return data.runProgress;
  }
  throw new Error('The stream ended before the run did.');
}

describe('a run', () => {
  test('signs in with a stored client certificate, and no answer, run log or process log shows its key', async () => {
    const { cert, key } = makeCertificate({ commonName: 'reader', issuer: authority });
    const ldap = { urls: [slapd.ldapsUrl], baseDns: [slapd.baseDn], tlsCa: slapd.ca, tlsCert: cert, tlsKey: key };
    const connection = await newConnection({ source: { ldap } });
    const test = 'mutation ($id: ID!) { testConnection(connectionId: $id) { result { ok checks { name detail } } } }';
    const tested = await api.ask(test, { id: connection });
    expect(tested.testConnection.result).toMatchObject({ ok: true });
    const { id } = await run(connection, { dryRun: true });
    expect(await settled(id)).toMatchObject({ status: 'SUCCEEDED', counts: { read: PEOPLE } });
    const lines = await collect(api.overWebSocket(logs, { id, level: 'DEBUG' }));
    const secret = key.split('\n')[1] ?? '';
    expect(secret).toMatch(/^.{60,}$/);
    expect(JSON.stringify([tested, lines, api.logged, api.statements])).not.toContain(secret);
  });

  test('follows groups within groups, and tells how many people the excludes of the scope leave out', async () => {
    const dn = (i: number): string => `uid=user000000${i},ou=people,${slapd.baseDn}`;
    const group = async (cn: string, member: string[]): Promise<string> => {
      await slapd.add(`cn=${cn},${slapd.baseDn}`, { objectClass: 'groupOfNames', cn, member });
      return `cn=${cn},${slapd.baseDn}`;
    };
    const scope = {
      groups: [await group('outer', [dn(1), await group('inner', [dn(2), dn(3)])])],
      nestedGroups: true,
      excludeGroups: [await group('leavers', [dn(2)])],
      excludeBaseDns: [`ou=People, ${slapd.baseDn}`],
    };
    const connection = await newConnection({ scope });
    const saved =
      'query ($id: ID!) { connection(id: $id) { scope { groups nestedGroups excludeGroups excludeBaseDns } } }';
    expect((await api.ask(saved, { id: connection })).connection.scope).toEqual(scope);
    const { id } = await run(connection, { dryRun: true });
    expect(await settled(id)).toMatchObject({ status: 'SUCCEEDED', counts: { read: PEOPLE, inScope: 0 } });
    const excluded = 'query ($id: ID!) { run(id: $id) { excluded { reason count } } }';
    expect((await api.ask(excluded, { id })).run.excluded).toEqual(
      expect.arrayContaining([
        { reason: 'NOT_IN_GROUP', count: PEOPLE - 3 },
        { reason: 'IN_EXCLUDED_GROUP', count: 1 },
        { reason: 'BELOW_EXCLUDED_DN', count: 2 },
      ]),
    );
  });

  test('is watched from its start to its end over a WebSocket, and again after it', async () => {
    const { id, trigger, startedBy } = await run(await newConnection());
    expect({ trigger, startedBy }).toEqual({
      trigger: 'MANUAL',
      startedBy: { kind: 'MEMBER', id: 'person-1', name: 'Ada Lovelace' },
    });
    const [states, lines] = await Promise.all([
      collect(api.overWebSocket(progress, { id })),
      collect(api.overWebSocket(logs, { id, level: 'DEBUG' })),
    ]);
    expect(lastOf(states).runProgress).toMatchObject({
      status: 'SUCCEEDED',
      phase: 'FINISHED',
      mode: 'FULL',
      counts: { read: PEOPLE, inScope: PEOPLE, created: PEOPLE, unchanged: 0, failed: 0 },
      error: null,
    });
    const seqs = linesOf(lines).map((line) => line.seq);
    expect(seqs).toEqual(upTo(seqs.length));
    expect(lastOf(lines).runLog).toMatchObject({ runStatus: 'SUCCEEDED', lastSeq: seqs.length });
    const again = await collect(api.overWebSocket(logs, { id, level: 'DEBUG' }));
    expect(linesOf(again)).toEqual(linesOf(lines));
    const rest = await collect(api.overWebSocket(logs, { id, level: 'DEBUG', after: 10 }));
    expect(linesOf(rest)).toEqual(linesOf(lines).slice(10));
  });

  test('reads only what has changed since the run before, and says how it reads and why', async () => {
    const connection = await newConnection();
    const start = `mutation ($id: ID!, $mode: StartRunMode) {
      startRun(connectionId: $id, mode: $mode) { run { id mode modeReason } }
    }`;
    const ended: Record<string, unknown>[] = [];
    for (const mode of ['INCREMENTAL', 'AUTO', 'INCREMENTAL', 'FULL']) {
      const { startRun } = await api.ask(start, { id: connection, mode });
      expect(startRun.run).toMatchObject({ mode: mode === 'FULL' ? mode : null, modeReason: null });
      ended.push(await settled(startRun.run.id));
    }
    expect(ended).toMatchObject([
      { mode: 'FULL', modeReason: expect.stringContaining('no earlier run') },
      {
        mode: 'INCREMENTAL',
        modeReason: expect.stringContaining('fullEvery'),
        counts: { read: PEOPLE, unchanged: PEOPLE },
      },
      { mode: 'INCREMENTAL', modeReason: 'An incremental run was asked for.', counts: { unchanged: PEOPLE } },
      { mode: 'FULL', modeReason: 'A full run was asked for.', counts: { unchanged: PEOPLE } },
    ]);
  });

  test('is watched in the same way by server-sent events', async () => {
    const { id } = await run(await newConnection());
    const [states, lines] = await Promise.all([
      collect(api.overSse(progress, { id })),
      collect(api.overSse(logs, { id, level: 'DEBUG' })),
    ]);
    expect(lastOf(states).runProgress.status).toBe('SUCCEEDED');
    const seqs = linesOf(lines).map((line) => line.seq);
    expect(seqs).toEqual(upTo(seqs.length));
    expect(linesOf(await collect(api.overWebSocket(logs, { id, level: 'DEBUG' })))).toEqual(linesOf(lines));
  });

  test.each([-1, -(2 ** 31), 2 ** 31])('has no line %d from which its log could continue', async (after) => {
    const { id } = await run(await newConnection());
    await settled(id);
    const refused = [{ extensions: { code: 'BAD_USER_INPUT' } }];
    const errorsOf = (answers: Promise<Answer[]>) =>
      answers.then(
        ([first]) => first?.errors,
        (errors: unknown) => errors,
      );
    expect(await errorsOf(collect(api.overWebSocket(logs, { id, after })))).toMatchObject(refused);
    expect(await errorsOf(collect(api.overSse(logs, { id, after })))).toMatchObject(refused);
    const page = await api.request(
      'query ($id: ID!, $after: Int) { run(id: $id) { log(after: $after) { lastSeq } } }',
      { id, after },
    );
    expect(page.errors).toMatchObject(refused);
  });

  test('has a log in pages, filtered by level and text, that continues from lastSeq', async () => {
    const { id } = await run(await newConnection());
    await settled(id);
    const page = `query ($id: ID!, $after: Int, $first: Int, $level: LogLevel, $search: String) {
      run(id: $id) { log(after: $after, first: $first, minLevel: $level, search: $search) { nodes { seq level message } lastSeq hasMore } }
    }`;
    const first = (await api.ask(page, { id, level: 'DEBUG', first: 5 })).run.log;
    expect(first.nodes.map((line: Data) => line.seq)).toEqual(upTo(5));
    expect(first).toMatchObject({ lastSeq: 5, hasMore: true });
    const second = (await api.ask(page, { id, level: 'DEBUG', first: 1000, after: first.lastSeq })).run.log;
    expect(second.nodes[0].seq).toBe(6);
    expect(second.hasMore).toBe(false);
    const info = (await api.ask(page, { id, first: null, after: null, level: null })).run.log;
    expect(info.nodes.every((line: Data) => line.level !== 'DEBUG')).toBe(true);
    expect(info.lastSeq).toBe(second.lastSeq);
    const searched = (await api.ask(page, { id, level: 'DEBUG', search: 'lovelace' })).run.log;
    expect(searched.nodes.length).toBeGreaterThan(0);
    expect((await api.request(page, { id, first: 1001 })).errors?.[0]?.extensions.code).toBe('BAD_USER_INPUT');
  });

  test('has its whole log as text, one line for each log line', async () => {
    const { id } = await run(await newConnection());
    const lines = linesOf(await collect(api.overWebSocket(logs, { id, level: 'DEBUG' })));
    const answer = await api.get(`/runs/${id}/log.txt`);
    expect(answer.headers.get('content-type')).toBe('text/plain; charset=utf-8');
    const text = (await answer.text()).split('\n');
    expect(text.pop()).toBe('');
    expect(text).toHaveLength(lines.length);
    expect(text[0]).toBe(`1 ${lines[0].at} ${lines[0].level.padEnd(5)} ${lines[0].code} ${lines[0].message}`);
  });

  test('shows its plan, person by person, with the resulting contacts', async () => {
    const connection = await newConnection();
    const { id } = await run(connection);
    await settled(id);
    const { run: shown } = await api.ask(
      `query ($id: ID!) { run(id: $id) {
        connection { id lastRun { id } }
        changes(first: 3) {
          totalCount
          pageInfo { hasNextPage endCursor }
          nodes { id action applied person contactName reason run { id } changedBy { name } contact { displayName sources { connectionId } } fields { field label before after } }
        }
      } }`,
      { id },
    );
    expect(shown.connection).toEqual({ id: connection, lastRun: { id } });
    expect(shown.changes).toMatchObject({ totalCount: PEOPLE, pageInfo: { hasNextPage: true } });
    const [change] = shown.changes.nodes;
    expect(change).toMatchObject({ applied: true, run: { id }, changedBy: { name: 'Ada Lovelace' }, reason: null });
    expect(change.contact.displayName).toBe(change.contactName);
  });

  test('among others with its log and changes costs as many statements for 4 runs as for 1', async () => {
    const connection = await newConnection();
    for (let count = 0; count < 4; count++) await settled((await run(connection, { dryRun: true })).id);
    const counted = async (first: number) => {
      const before = api.statements.length;
      const { runs } = await api.ask(
        `query ($connection: ID, $first: Int) { runs(connectionId: $connection, first: $first) { nodes {
          log(minLevel: DEBUG) { nodes { seq message } lastSeq hasMore }
          warnings: log(minLevel: WARN) { lastSeq }
          changes(first: 5) { nodes { contactName contact { id } } pageInfo { hasNextPage } totalCount }
        } } }`,
        { connection, first },
      );
      const statements = api.statements.length - before;
      expect(runs.nodes).toHaveLength(first);
      for (const { log, changes } of runs.nodes) {
        expect(log.nodes).toHaveLength(log.lastSeq);
        expect(changes).toMatchObject({ totalCount: PEOPLE, pageInfo: { hasNextPage: true } });
        expect(changes.nodes).toHaveLength(5);
      }
      return statements;
    };
    const forFour = await counted(4);
    expect(forFour).toBe(await counted(1));
    expect(forFour).toBeLessThanOrEqual(9);
  });

  test('that stops for review is HELD, and is approved or rejected', async () => {
    const connection = await newConnection();
    const decide = (field: string) =>
      `mutation ($id: ID!) { ${field}(id: $id) { run { id status } userErrors { field code } } }`;
    const first = await run(connection, { review: true });
    const held = await settled(first.id);
    expect(held).toMatchObject({ status: 'HELD', phase: 'WAITING' });
    const { startRun } = await api.ask(start, { id: connection });
    expect(startRun).toMatchObject({ alreadyRunning: true, run: { id: first.id } });
    expect((await api.ask(decide('rejectRun'), { id: first.id })).rejectRun.run.status).toBe('REJECTED');
    const again = (await api.ask(decide('approveRun'), { id: first.id })).approveRun;
    expect(again.userErrors).toEqual([{ field: ['id'], code: 'RUN_NOT_HELD' }]);
    const second = await run(connection, { review: true });
    await settled(second.id);
    expect((await api.ask(decide('approveRun'), { id: second.id })).approveRun.userErrors).toEqual([]);
    const states = await collect(api.overWebSocket(progress, { id: second.id }));
    expect(lastOf(states).runProgress.status).toBe('SUCCEEDED');
    const ended = (await api.ask(decide('cancelRun'), { id: second.id })).cancelRun;
    expect(ended).toMatchObject({ run: { status: 'SUCCEEDED' }, userErrors: [{ field: ['id'], code: 'RUN_ENDED' }] });
  });

  test('is refused approval when its connection has been edited since', async () => {
    const connection = await newConnection();
    const { id } = await run(connection, { review: true });
    await settled(id);
    await api.ask('mutation ($id: ID!) { updateConnection(id: $id, input: { priority: 7 }) { connection { id } } }', {
      id: connection,
    });
    const { approveRun } = await api.ask('mutation ($id: ID!) { approveRun(id: $id) { userErrors { code } } }', { id });
    expect(approveRun.userErrors).toEqual([{ code: 'PLAN_OUTDATED' }]);
    const cancelled = await api.ask('mutation ($id: ID!) { cancelRun(id: $id) { run { status } } }', { id });
    expect(cancelled.cancelRun.run.status).toBe('CANCELLED');
  });

  test('of a Draft is refused unless it is dry, and a dry one never waits for review', async () => {
    const id = await newConnection({ status: 'DRAFT' });
    const { startRun } = await api.ask(start, { id });
    expect(startRun).toMatchObject({
      run: null,
      alreadyRunning: false,
      userErrors: [{ field: ['connectionId'], code: 'CONNECTION_IS_DRAFT' }],
    });
    const both = await api.request(start, { id, dryRun: true, review: true });
    expect(both.errors?.[0]?.extensions.code).toBe('BAD_USER_INPUT');
    const dry = await run(id, { dryRun: true, review: null });
    expect(await settled(dry.id)).toMatchObject({ status: 'SUCCEEDED', dryRun: true, counts: { inScope: PEOPLE } });
  });
});

describe('an unknown, foreign or malformed id', () => {
  const ids = ['01890000-0000-7000-8000-000000000000', 'nonsense', ''];

  test.each(ids)('%j is null for a query, an empty page for a filter, NOT_FOUND for the rest', async (id) => {
    const { data, errors } = await api.request(
      `query ($id: ID!) {
        run(id: $id) { id } connection(id: $id) { id } contact(id: $id) { id }
        runs(connectionId: $id) { nodes { id } totalCount } contacts(connectionId: $id) { nodes { id } totalCount }
      }`,
      { id },
    );
    const empty = { nodes: [], totalCount: 0 };
    expect(errors).toBeUndefined();
    expect(data).toEqual({ run: null, connection: null, contact: null, runs: empty, contacts: empty });
    for (const mutation of [
      'startRun(connectionId: $id)',
      'cancelRun(id: $id)',
      'approveRun(id: $id)',
      'rejectRun(id: $id)',
    ]) {
      const answer = await api.request(`mutation ($id: ID!) { ${mutation} { userErrors { code } } }`, { id });
      expect(answer.errors?.[0]?.extensions.code).toBe('NOT_FOUND');
      expect(Object.values(answer.data)).toEqual([null]);
    }
    for (const subscription of [progress, logs, 'subscription ($id: ID) { runsChanged(connectionId: $id) { id } }']) {
      for (const stream of [api.overWebSocket(subscription, { id }), api.overSse(subscription, { id })]) {
        const [answer] = await collect(stream);
        expect(answer?.errors?.[0]?.extensions.code).toBe('NOT_FOUND');
      }
    }
    expect((await api.get(`/runs/${id || '%20'}/log.txt`)).status).toBe(404);
  });
});

describe('runsChanged', () => {
  test('reports every run of one connection as it changes, over both transports', async () => {
    const [watched, other] = [await newConnection(), await newConnection()];
    const changed = 'subscription ($id: ID) { runsChanged(connectionId: $id) { id status connection { id } } }';
    const seen = async (stream: AsyncIterable<Answer>) => {
      const runs = new Set<string>();
      for await (const { data } of stream) {
        runs.add(data.runsChanged.connection.id);
        if (data.runsChanged.status === 'SUCCEEDED') return [...runs];
      }
      return [];
    };
    const watching = [seen(api.overWebSocket(changed, { id: watched })), seen(api.overSse(changed, { id: watched }))];
    await settled((await run(other)).id);
    // Nothing says when both streams listen. So runs are started until both streams have shown one.
    let told = false;
    const all = Promise.all(watching).then((result) => {
      told = true;
      return result;
    });
    while (!told) await settled((await run(watched)).id);
    expect(await all).toEqual([[watched], [watched]]);
  });

  test('startAllRuns queues a run of every Enabled connection', async () => {
    await newConnection({ status: 'DRAFT' });
    const { startAllRuns } = await api.ask('mutation { startAllRuns { runs { id trigger } userErrors { code } } }');
    const { connections } = await api.ask('{ connections(status: ENABLED, first: 200) { totalCount } }');
    expect(startAllRuns.runs).toHaveLength(connections.totalCount);
    expect(startAllRuns.runs.every((one: Data) => one.trigger === 'RUN_ALL')).toBe(true);
    await Promise.all(startAllRuns.runs.map((one: Data) => settled(one.id)));
  });
});
