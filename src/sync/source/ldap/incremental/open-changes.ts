import type { Cursor, FeedEnd } from '../../../../core/arrivals.ts';
import type { ReadRequest } from '../../../../core/source-session.ts';
import { normalName } from '../attribute-name.ts';
import { flavours } from '../flavour.ts';
import type { IdFinding } from '../id-attribute.ts';
import type { Reached } from '../reach.ts';
import type { Marks, OpenedMarks } from './marks.ts';
import { timeMarks } from './time-marks.ts';
import { readPlace, usnMarks } from './usn-marks.ts';

/** What a read knows about changes since the last one, and what it stores for the next one. */
export type Changes = {
  /** Null: this server shows nothing about changes that could be used. */
  marks: Marks | null;
  /** The time of the last read, from which this one continues. Null: everybody must be read. */
  since: Date | null;
  /** Why everybody must be read, although the last read stored a position. */
  reason: string | null;
  /** The cursor for the end of the feed. `more`: other parts that the cursor must contain. */
  next(more: Cursor): Pick<FeedEnd, 'cursor' | 'memory' | 'noCursorBecause'>;
};

/**
 * Attributes that servers compute from groups, the tree or the time. They change without a change of the person's
 * entry. A mapping that uses one needs a read of everybody.
 */
const computed = new Set([
  ...['memberof', 'ismemberof', 'groupmembership', 'msds-memberoftransitive', 'directreports', 'managedobjects'],
  ...['tokengroups', 'tokengroupsglobalanduniversal', 'nsrole', 'entrydn', 'distinguishedname', 'canonicalname'],
  ...['msds-principalname', 'msds-parentdistname', 'msds-user-account-control-computed', 'hassubordinates'],
  ...['msds-userpasswordexpirytimecomputed', 'numsubordinates', 'lastlogon', 'lastlogoff', 'logoncount'],
  ...['badpwdcount', 'badpasswordtime', 'pwdlastsuccess'],
]);

/** Whether an attribute is computed. Collective attributes (RFC 3671) belong to an entry above. */
function isComputed(attribute: string): boolean {
  const name = normalName(attribute);
  return computed.has(name) || name.startsWith('c-');
}

/** Finds out whether a read can continue from where the last one ended. Call it before the search. */
export async function openChanges(
  reached: Reached,
  { since, attributes, at }: Pick<ReadRequest, 'since' | 'attributes' | 'at'>,
  { attribute: id, changeAttribute }: IdFinding,
): Promise<Changes> {
  const none = (because: string): Changes => ({
    marks: null,
    since: null,
    reason: since === null ? null : because,
    next: () => ({ cursor: null, noCursorBecause: because }),
  });
  const unseen = attributes.find(isComputed);
  if (unseen !== undefined)
    return none(`The mapping uses ${unseen}, which can change without a change of the person's entry.`);
  if (changeAttribute === null) {
    const { name } = flavours[reached.server.flavour].changeAttribute;
    return none(`The bind account may not read ${name}, which tells of changes.`);
  }
  const common = { server: nameOf(reached), id, at: at.toISOString() };
  const refusal = since === null ? null : whyAnew(common, since.cursor);
  const opened = await openMarks(reached, changeAttribute, refusal === null ? since : null);
  if ('because' in opened) return none(opened.because);
  const { marks } = opened;
  const reason = since === null ? null : (refusal ?? opened.whyAnew);
  return {
    marks,
    reason,
    since: since === null || reason !== null ? null : new Date(String(since.cursor.at)),
    next: (more) => {
      const next = marks.next();
      return 'because' in next
        ? { cursor: null, noCursorBecause: next.because }
        : { cursor: { ...common, ...more, ...next.cursor }, memory: next.memory };
    },
  };
}

async function openMarks(
  reached: Reached,
  changeAttribute: string,
  since: ReadRequest['since'],
): Promise<OpenedMarks | { because: string }> {
  if (flavours[reached.server.flavour].changeAttribute.kind === 'time')
    return timeMarks({ attribute: changeAttribute, since, clock: () => Date.now() });
  const place = await readPlace(reached);
  return 'because' in place ? place : usnMarks(place, since);
}

/** What must be equal in two reads, so that one can continue from the other. */
type Common = { server: string; id: string; at: string };

function nameOf({ connection, server, account }: Reached): string {
  return [connection.url.url, server.identity, account ?? ''].join(' ');
}

function whyAnew(now: Common, last: Readonly<Record<string, unknown>>): string | null {
  if (last.server !== now.server) return 'Another server or account answers than at the last run.';
  if (last.id !== now.id) return `People are identified by ${now.id} now, which they were not at the last run.`;
  const since = Date.parse(String(last.at));
  return since <= Date.parse(now.at) ? null : 'The clock of this service has been set back since the last run.';
}
