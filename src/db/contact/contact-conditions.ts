import { type ContactFilter, ContactOrder } from '../../core/store.ts';
import { isUuid } from '../../core/uuid.ts';
import { searchMark, searchQuery } from '../../search/contact-index.ts';
import { SHORTEST_NUMBER, withoutCountry } from '../../search/phone-digits.ts';
import { isNothingSearchable, type NumberTerm, type SearchTerm, searchTerms } from '../../search/terms.ts';
import { likeText, type Where, where } from '../page/where.ts';

/** What a list of contacts is read from (`from`, named contact), and its conditions. `searching`: the list is a text search. */
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
  if (filter.dueForRemoval !== null) wanted.add(`contact.removal_due_at IS ${filter.dueForRemoval ? 'NOT ' : ''}NULL`);
  if (filter.updatedSince !== null) wanted.add(`contact.updated_at >= ${wanted.put(filter.updatedSince)}`);
  if (filter.updatedSince !== null || filter.orderBy === ContactOrder.UPDATED_ASC) wanted.add(settled);
  // Behind a row-level policy the search can't use its index. So it reads the view, which has the same rows.
  const searching = terms.length > 0;
  return { from: searching ? 'contact_of_workspace AS contact' : 'contact', wanted, searching };
}

/**
 * SQL: whether a contact may appear in the change feed. While a transaction is open, it may still commit a change with an earlier
 * time, so the feed stops before it. After a restore, contacts have transaction numbers that this server has not given out yet;
 * these appear. Contacts changed more than a day ago appear as well: no transaction is open that long, but after a restore their
 * numbers may look open when the server reaches them.
 */
const settled = `(contact.changed_xid < (pg_snapshot_xmin(pg_current_snapshot())::text)::bigint
  OR contact.changed_xid >= (pg_snapshot_xmax(pg_current_snapshot())::text)::bigint
  OR contact.updated_at < now() - interval '1 day')`;

/** The index holds only the first letters of words, so the whole words are compared as well. */
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

/** Characters that separate the parts of an email address, besides the @. People may begin to type at any part. */
const separators = '.-_+&=/!#$%*?^{|}~"';

/** Whether the typed text is the beginning of an email address or of a part of it, with any separators between the parts. */
function addressCondition(wanted: Where, address: string): string {
  const spaced = [...address].map((sign) => (separators.includes(sign) ? ' ' : sign)).join('');
  const words = `translate(contact.words, ${wanted.put(separators)}, ${wanted.put(' '.repeat(separators.length))})`;
  const [longest = ''] = spaced.split(' ').sort((one, other) => other.length - one.length);
  // `translate` costs much more than a check for a piece that must occur anyway.
  const piece = `contact.words LIKE ${wanted.put(`%${likeText(longest)}%`)}`;
  return `${piece} AND ${words} LIKE ${wanted.put(`% ${likeText(spaced.trimStart())}%`)}`;
}

/**
 * Whether the typed digits are the beginning or the end of a number. Digits typed with a country code also find a number that is
 * stored without it: one that begins with a 0 instead, or exactly the national digits.
 */
function numberCondition(wanted: Where, { digits, ending, isInternational }: NumberTerm): string {
  const patterns = [`% ${digits}%`];
  if (ending !== null) patterns.push(`%${ending} %`);
  const national = isInternational ? withoutCountry(digits) : '';
  if (national !== '') patterns.push(`% 0${national}%`);
  if (national.length >= SHORTEST_NUMBER) patterns.push(`% ${national} %`);
  return patterns.map((pattern) => `contact.words || ' ' LIKE ${wanted.put(pattern)}`).join(' OR ');
}

/** Whether the primary or a labeled address is this one, ignoring case. */
function addEmail(wanted: Where, email: string): void {
  const typed = wanted.put(email);
  const key = wanted.put(email.toLowerCase());
  wanted.add(
    `contact.email_key = ${key} OR EXISTS (
       SELECT FROM json_array_elements(contact.emails) AS labeled (email) WHERE lower(labeled.email->>'value') = lower(${typed}))`,
  );
}

/** Finds the contact of a person, even if they are gone, as long as the link exists. One look-up per connection of the workspace. */
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
