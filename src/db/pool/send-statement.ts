import { LRUCache } from 'lru-cache';
import pg from 'pg';
import utils from 'pg/lib/utils.js';
import { hearErrors, type Wire } from './pg-client.ts';

/**
 * SQL whose values are named $1, $2 and so on. `isKept`: the session keeps it, and parses and plans it only once. Otherwise it is planned
 * for its values.
 */
export type Statement = { text: string; values: readonly unknown[]; isKept: boolean };

/**
 * What a statement sees that is a separate transaction. `limitMs`: how long it may take; null: the session's own limit.
 */
export type Sight = { workspaceId: string; limitMs: number | null };

/** `role`: the session's role during a statement with a sight. */
export type Answer<Row> = { rows: Row[]; role: string | null };

/** Sends a statement. With a `sight` the same message also begins a read-only transaction that sees this workspace, and ends it. */
export function sendStatement<Row>(
  client: pg.PoolClient,
  statement: Statement,
  sight: Sight | null = null,
): Promise<Answer<Row>> {
  return new Promise((resolve, reject) => {
    const sent = new SentStatement({ ...statement, client, sight, resolve: resolve as Sent['resolve'], reject });
    client.query(sent as unknown as pg.Submittable);
  });
}

/** Call this for each new connection that sends statements this way. */
export async function prepareSession(client: pg.PoolClient): Promise<void> {
  hearErrors(client);
  await client.query({ name: SIGHT, text: look, values: [null, null] });
}

const SIGHT = 'sight';
/** Statements that are sent together without a BEGIN are one transaction. These settings end with it. */
const look = `SELECT current_user, set_config('app.workspace_id', $1, true), set_config('transaction_read_only', 'on', true),
  set_config('statement_timeout', coalesce($2, current_setting('statement_timeout')), true)`;

/** A session keeps this many statements, those used last. Clients choose the columns of some, so there may be very many. */
const MOST_PREPARED = 100;

type Parse = (text: string) => unknown;
/** How rows are read. `parse` null: the value is a text. */
type Column = { name: string; parse: Parse | null };
/** `columns` are known when the session has described them. */
type Prepared = { name: string; columns: readonly Column[] | null; empty: object };
/** `forgotten`: the names of statements that the session need not keep. */
type Session = { statements: LRUCache<string, Prepared>; forgotten: string[]; made: number };

const sessions = new WeakMap<Wire, Session>();

function sessionOf(wire: Wire): Session {
  const known = sessions.get(wire);
  if (known !== undefined) return known;
  const forgotten: string[] = [];
  const dispose = ({ name }: Prepared) => void forgotten.push(name);
  const session = { statements: new LRUCache<string, Prepared>({ max: MOST_PREPARED, dispose }), forgotten, made: 0 };
  sessions.set(wire, session);
  return session;
}

type Sent = Statement & {
  client: pg.PoolClient;
  sight: Sight | null;
  resolve: (answer: Answer<object>) => void;
  reject: (error: unknown) => void;
};

/** A connection that sends without waiting for answers accepts only queries of this class. */
const Query = pg.Query as unknown as new (text: string) => object;

/** node-postgres calls the methods: `submit` to send it, the others for what the session answers. */
class SentStatement extends Query {
  readonly #sent: Sent;
  readonly #rows: object[] = [];
  #prepared: Prepared | undefined;
  /** The answer to `look` comes first. */
  #looks: boolean;
  #role: string | null = null;
  #fault: unknown;

  constructor(sent: Sent) {
    super(sent.text);
    this.#sent = sent;
    this.#looks = sent.sight !== null;
  }

  submit(wire: Wire): null {
    const { text, values, isKept, sight } = this.#sent;
    // Before anything is sent: some values throw.
    const parameters = values.map((value) => utils.prepareValue(value));
    const session = sessionOf(wire);
    const known = isKept ? session.statements.get(text) : undefined;
    this.#prepared = known ?? { name: isKept ? `statement ${++session.made}` : '', columns: null, empty: {} };
    wire.stream.cork();
    if (sight !== null) {
      wire.bind({
        statement: SIGHT,
        values: [sight.workspaceId, sight.limitMs === null ? null : String(sight.limitMs)],
      });
      wire.execute();
    }
    if (known === undefined) {
      if (isKept) session.statements.set(text, this.#prepared);
      for (const name of session.forgotten.splice(0)) wire.close({ type: 'S', name });
      wire.parse({ name: this.#prepared.name, text });
    }
    wire.bind({ statement: this.#prepared.name, values: parameters });
    if (this.#prepared.columns === null) wire.describe({ type: 'P' });
    wire.execute();
    wire.sync();
    wire.stream.uncork();
    return null;
  }

  handleRowDescription({ fields }: { fields: { name: string; dataTypeID: number }[] }): void {
    const { client } = this.#sent;
    if (this.#prepared === undefined) return;
    this.#prepared.empty = Object.fromEntries(fields.map(({ name }) => [name, null]));
    this.#prepared.columns = fields.map(({ name, dataTypeID }) => {
      const parse: Parse = client.getTypeParser(dataTypeID, 'text');
      return { name, parse: parse === client.getTypeParser(TEXT_OID, 'text') ? null : parse };
    });
  }

  handleDataRow({ fields }: { fields: (string | null)[] }): void {
    if (this.#looks) {
      this.#role = fields[0] ?? null;
      return;
    }
    try {
      this.#rows.push(rowOf(fields, this.#prepared));
    } catch (error) {
      this.#fault = error;
    }
  }

  handleCommandComplete(): void {
    this.#looks = false;
  }

  handleReadyForQuery(): void {
    if (this.#fault === undefined) this.#sent.resolve({ rows: this.#rows, role: this.#role });
    else this.#sent.reject(this.#fault);
  }

  handleError(error: unknown, wire: Wire): void {
    // Its table may have changed. So the next time it is prepared again.
    sessionOf(wire).statements.delete(this.#sent.text);
    this.#sent.reject(error);
  }

  handleEmptyQuery(): void {}
}

function rowOf(texts: readonly (string | null)[], prepared: Prepared | undefined): object {
  const row: Record<string, unknown> = { ...prepared?.empty };
  for (let at = 0; at < texts.length; at++) {
    const text = texts[at];
    const column = prepared?.columns?.[at];
    if (text === null || text === undefined || column === undefined) continue;
    row[column.name] = column.parse === null ? text : column.parse(text);
  }
  return row;
}

const TEXT_OID = 25;
