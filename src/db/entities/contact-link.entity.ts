import { EntitySchema } from 'typeorm';
import { bytewise, keyPart, optional, text, time } from './columns.ts';

/** A person of a connection and the contact they are. */
export type ContactLinkRow = {
  workspace_id: string;
  connection_id: string;
  /** The person's stable id in the source. */
  external_id: string;
  contact_id: string;
  person: string;
  /** Of the draft at the last run; null: to be looked at again at the next one. */
  hash: Buffer | null;
  fills_id: string | null;
  linked_at: Date;
  last_seen_at: Date;
  /** Absent from complete reads since then: the link feeds its contact no longer. */
  gone_since: Date | null;
  /** How often it was asked to be looked at again: a hash decided on before that is not written back. */
  recheck: number;
};

export const contactLinkEntity = new EntitySchema<ContactLinkRow>({
  name: 'contact_link',
  tableName: 'contact_link',
  columns: {
    workspace_id: keyPart('contact_link'),
    connection_id: keyPart('contact_link'),
    external_id: keyPart('contact_link', bytewise()),
    contact_id: { type: 'uuid' },
    person: text(),
    hash: { type: 'bytea', ...optional },
    fills_id: { type: 'uuid', ...optional },
    linked_at: time(),
    last_seen_at: time(),
    gone_since: time(optional),
    recheck: { type: 'integer', default: 0 },
  },
  indices: [
    { name: 'contact_link_by_contact', columns: ['workspace_id', 'contact_id', 'connection_id'], unique: true },
  ],
});
