import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startApi, type TestApi } from '../support/api.ts';

let api: TestApi;

beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.close());

describe('who is asking', () => {
  test('is told with the permissions that others imply', async () => {
    const token = await api.tokenWith(['CONTACT_SYNC_MANAGE'], {
      workspace_name: 'Example Org',
      workspace_time_zone: 'Europe/Berlin',
    });
    const { viewer } = await api.ask(
      '{ viewer { id name kind permissions workspace { id name contactSyncEnabled timeZone } } }',
      {},
      token,
    );
    expect(viewer).toEqual({
      id: 'person-1',
      name: 'Ada Lovelace',
      kind: 'MEMBER',
      permissions: ['CONTACT_SYNC_VIEW', 'CONTACT_SYNC_MANAGE'],
      workspace: { id: api.workspace, name: 'Example Org', contactSyncEnabled: true, timeZone: 'Europe/Berlin' },
    });
  });
});
