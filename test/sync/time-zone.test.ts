import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { uuidv7 } from 'uuidv7';
import type { ReadTask } from '../../src/sync/read-messages.ts';
import { connectionEdit } from '../db/support/open-rig.ts';
import { ldapSettings, scopeOf } from '../support/ldap-reading.ts';
import { type Slapd, startSlapd } from '../support/slapd.ts';
import { map, somebody, unit } from './small-directory.ts';

const script = join(import.meta.dirname, 'reading-process.ts');

let slapd: Slapd;
beforeAll(async () => {
  slapd = await startSlapd();
  // One has no zone. The other is a time that clocks in Berlin skip.
  await slapd.refill([unit, somebody('ada', { title: '2026-07-01 23:30', description: '2026-03-29T02:15:00Z' })]);
});
afterAll(() => slapd?.close());

test.each(['UTC', 'Europe/Berlin', 'America/New_York', 'Pacific/Kiritimati'])(
  'templates write dates in UTC on a machine in the zone %s',
  async (TZ) => {
    const dated = (attribute: string) => `{{ ${attribute} | date: "<%Y-%m-%d %H:%M %z>" }}`;
    const mappings = [
      map('DISPLAY_NAME', 'displayName'),
      map('JOB_TITLE', '', { attributes: [], template: dated('title') }),
      map('NOTES', '', { attributes: [], template: dated('description') }),
    ];
    const task: Omit<ReadTask, 'at'> = {
      workspaceId: uuidv7(),
      runId: uuidv7(),
      settings: { ...connectionEdit(), source: ldapSettings(slapd), scope: scopeOf(), mappings },
      rank: { priority: 100, createdAt: 0, connectionId: uuidv7() },
      secrets: { bindPassword: slapd.bindPassword },
      addresses: { allowPrivate: true, cidrs: [] },
      since: null,
      modeReason: '',
    };
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [script, JSON.stringify(task)], {
      env: { ...process.env, TZ },
    });
    expect(stderr).toBe('');
    expect(stdout.match(/<[\d: +-]+>/g)).toEqual(['<2026-07-01 23:30 +0000>', '<2026-03-29 02:15 +0000>']);
  },
);
