import { type ContactFilter, ContactOrder } from '../../core/store.ts';
import { isUuid } from '../../core/uuid.ts';
import { searchMark, searchQuery } from '../../search/contact-index.ts';
import { SHORTEST_NUMBER, withoutCountry } from '../../search/phone-digits.ts';
import { isNothingSearchable, type NumberTerm, type SearchTerm, searchTerms } from '../../search/terms.ts';
import { likeText, type Where, where } from '../page/where.ts';

/** What a list of contacts is read from (`from`, named contact) and the conditions; `searching`: for words. */
export type ContactConditions = { from: string; wanted: Where; searching: boolean };

/** Null: nothing can match. */
export function contactConditions(workspaceId: string, filter: ContactFilter): ContactConditions | null {
  if (filter.connectionId !== null && !isUuid(filter.connectionId)) return null;
  const wanted = where();
  wanted.add(`contact.workspace_id = ${wanted.put(workspaceId)}`);
  if (filter.status !== null) wanted.add(`contact.status = ${wanted.put(filter.status)}`);
  if (filter.search !== null && isNothingSearchable(filter.search)) return null;
  const terms = [filter.search ?? '', filter.email ?? ''].flatMap(searchTerms);
  addTerms(wanted, workspaceId, terms);
  if (filter.email !== null) addEmail(wanted, filter.email.trim());
  if (filter.externalId !== null) addExternalId(wanted, workspaceId, filter.externalId);
  if (filter.connectionId !== null) addConnection(wanted, filter.connectionId);
  if (filter.updatedSince !== null) wanted.add(`contact.updated_at >= ${wanted.put(filter.updatedSince)}`);
  if (filter.updatedSince !== null || filter.orderBy === ContactOrder.UPDATED_ASC) wanted.add(settled);
  // Behind a row-level policy no index serves the search, hence the view, which stands for the same rows.
  const searching = terms.length > 0;
  return { from: searching ? 'contact_of_workspace AS contact' : 'contact', wanted, searching };
}

/**
 * A reader of the change feed must not come past a contact that a transaction still open may yet put before others. A number
 * that this server has not given yet is of the server that a backup was made on; such contacts, and those of more than a day
 * ago, which no open transaction is of, stay to be seen also while this server's numbers come past theirs.
 */
const settled = `(contact.changed_xid < (pg_snapshot_xmin(pg_current_snapshot())::text)::bigint
  OR contact.changed_xid >= (pg_snapshot_xmax(pg_current_snapshot())::text)::bigint
  OR contact.updated_at < now() - interval '1 day')`;

/** The index knows but the first letters of words; the words decide. */
function addTerms(wanted: Where, workspaceId: string, terms: readonly SearchTerm[]): void {
  if (terms.length === 0) return;
  const query = searchQuery(terms, searchMark(workspaceId));
  if (query !== null) wanted.add(`contact.search @@ ${wanted.put(query)}::tsquery`);
  for (const term of terms) wanted.add(termCondition(wanted, term));
}

function termCondition(wanted: Where, term: SearchTerm): string {
  if (term.kind === 'word') return `contact.words LIKE ${wanted.put(`% ${likeText(term.text)}%`)}`;
  if (term.kind === 'number') return numberCondition(wanted, term);
  return addressCondition(wanted, term.text);
}

/** What parts an email's names, besides the @; each part may be where somebody begins to type. */
const separators = '.-_+&=/!#$%*?^{|}~"';

/** Begins an email or a part of it, and goes on as it does, whatever stands between the parts. */
function addressCondition(wanted: Where, address: string): string {
  const spaced = [...address].map((sign) => (separators.includes(sign) ? ' ' : sign)).join('');
  const words = `translate(contact.words, ${wanted.put(separators)}, ${wanted.put(' '.repeat(separators.length))})`;
  const [longest = ''] = spaced.split(' ').sort((one, other) => other.length - one.length);
  // Taking words apart costs much more than looking for a piece that must be there anyway.
  const piece = `contact.words LIKE ${wanted.put(`%${likeText(longest)}%`)}`;
  return `${piece} AND ${words} LIKE ${wanted.put(`% ${likeText(spaced.trimStart())}%`)}`;
}

/**
 * Begins a number, or is its end. Typed with the country's code, it is also a number that is stored without: with a 0 for the
 * country, or exactly this one.
 */
function numberCondition(wanted: Where, { digits, ending, isInternational }: NumberTerm): string {
  const patterns = [`% ${digits}%`];
  if (ending !== null) patterns.push(`%${ending} %`);
  const national = isInternational ? withoutCountry(digits) : '';
  if (national !== '') patterns.push(`% 0${national}%`);
  if (national.length >= SHORTEST_NUMBER) patterns.push(`% ${national} %`);
  return patterns.map((pattern) => `contact.words || ' ' LIKE ${wanted.put(pattern)}`).join(' OR ');
}

/** The primary address or a labeled one, without case. */
function addEmail(wanted: Where, email: string): void {
  const typed = wanted.put(email);
  const key = wanted.put(email.toLowerCase());
  wanted.add(
    `contact.email_key = ${key} OR EXISTS (
       SELECT FROM jsonb_array_elements(contact.emails) AS labeled (email) WHERE lower(labeled.email->>'value') = lower(${typed}))`,
  );
}

/** Also of a person who is gone, as long as the link is kept. One look-up for each connection of the workspace. */
function addExternalId(wanted: Where, workspaceId: string, externalId: string): void {
  wanted.add(
    `contact.id IN (
       SELECT contact_link.contact_id FROM connection
       JOIN contact_link ON contact_link.workspace_id = connection.workspace_id AND contact_link.connection_id = connection.id
         AND contact_link.external_id = ${wanted.put(externalId)}
       WHERE connection.workspace_id = ${wanted.put(workspaceId)})`,
  );
}

function addConnection(wanted: Where, connectionId: string): void {
  wanted.add(
    `EXISTS (
       SELECT FROM contact_link
       WHERE contact_link.workspace_id = contact.workspace_id AND contact_link.contact_id = contact.id
         AND contact_link.connection_id = ${wanted.put(connectionId)} AND contact_link.gone_since IS NULL)`,
  );
}
