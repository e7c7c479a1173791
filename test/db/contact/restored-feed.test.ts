import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { ContactFilter } from '../../../src/core/store.ts';
import { feedSettled } from '../../support/postgres.ts';
import { insertContacts } from '../support/insert-rows.ts';
import { openRig, type Rig } from '../support/open-rig.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await openRig();
});
afterAll(() => rig?.close());

const feed: ContactFilter = {
  search: null,
  email: null,
  externalId: null,
  status: null,
  connectionId: null,
  updatedSince: new Date('2026-01-01T00:00:00Z'),
  dueForRemoval: null,
  orderBy: 'UPDATED_ASC',
};

test.each([null, 'person'])(
  'the feed shows what was restored from another server, each once, then what comes (search: %s)',
  async (search) => {
    const { id, store } = await rig.workspace();
    const pool = rig.database.syncPool;
    const seeds = (from: number) =>
      Array.from({ length: 5 }, (_, i) => ({
        DISPLAY_NAME: `Person ${from + i}`,
        at: new Date(Date.UTC(2026, 1, 1, 0, 0, from + i)),
      }));
    const restored = await insertContacts(pool, id, seeds(0));
    // As after a restore from another server: transaction ids that this server will not reach for a very long time.
    await pool.query('UPDATE contact SET changed_xid = 4000000000000000000 - changed_xid WHERE workspace_id = $1', [
      id,
    ]);
    const page = (after: string | null, first = 2) => store.contactsPage({ ...feed, search }, { first, after });
    const seen: string[] = [];
    let after: string | null = null;
    for (let more = true; more; ) {
      const found = await page(after);
      seen.push(...found.nodes.map((contact) => contact.id));
      after = found.endCursor;
      more = found.hasNextPage;
    }
    expect(seen).toEqual(restored);
    const later = await insertContacts(pool, id, seeds(5));
    await feedSettled(rig.url);
    const rest = await page(after, 10);
    expect(rest.nodes.map((contact) => contact.id)).toEqual(later);
    expect(await rest.totalCount()).toBe(10);
  },
);
