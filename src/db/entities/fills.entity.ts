import { EntitySchema } from 'typeorm';
import type { Fills } from '../../core/contact.ts';
import { keyPart } from './columns.ts';

/** Which attribute filled which field; links refer to it by digest. */
export type FillsRow = { workspace_id: string; id: string; fields: Fills };

export const fillsEntity = new EntitySchema<FillsRow>({
  name: 'fills',
  tableName: 'fills',
  columns: { workspace_id: keyPart('fills'), id: keyPart('fills'), fields: { type: 'jsonb' } },
});
