import { EntitySchema } from 'typeorm';
import type { RunRow } from '../run/run-row.ts';
import { keyPart, now, optional, text, time } from './columns.ts';

/** A whole row of `run`. RunRow leaves out the columns that only the sync path uses. */
export type RunEntityRow = RunRow & { read_summary: unknown; quality: unknown; changed_at: Date };

export const runEntity = new EntitySchema<RunEntityRow>({
  name: 'run',
  tableName: 'run',
  columns: {
    workspace_id: keyPart('run'),
    id: keyPart('run'),
    connection_id: { type: 'uuid', ...optional },
    former_connection_id: { type: 'uuid', ...optional },
    connection_name: text(),
    connection_version: { type: 'integer' },
    settings: { type: 'jsonb' },
    asked_mode: text({ default: 'AUTO' }),
    mode: text(optional),
    mode_reason: text(optional),
    dry_run: { type: 'boolean' },
    review: { type: 'boolean' },
    trigger: text(),
    started_by: { type: 'jsonb' },
    status: text(),
    phase: text(),
    counts: { type: 'jsonb' },
    excluded: { type: 'jsonb', default: {} },
    progress: { type: 'double precision', ...optional },
    queued_at: time({ default: now }),
    started_at: time(optional),
    finished_at: time(optional),
    error: { type: 'jsonb', ...optional },
    hold_reasons: text({ array: true, default: '{}' }),
    decided_by: { type: 'jsonb', ...optional },
    decided_at: time(optional),
    cancelled_by: { type: 'jsonb', ...optional },
    attempt: { type: 'integer', default: 0 },
    database_losses: { type: 'integer', default: 0 },
    gave_way: { type: 'integer', default: 0 },
    last_seq: { type: 'integer', default: 0 },
    applied_position: { type: 'bigint', default: 0 },
    position_base: { type: 'bigint', default: 0 },
    applied_before: { type: 'jsonb', ...optional },
    plan_memory: { type: 'uuid', ...optional },
    reverts: { type: 'uuid', ...optional },
    read_summary: { type: 'jsonb', ...optional },
    quality: { type: 'jsonb', ...optional },
    changed_at: time({ default: now }),
  },
  indices: [
    { name: 'run_by_time', columns: ['workspace_id', 'queued_at', 'id'] },
    { name: 'run_by_connection', columns: ['workspace_id', 'connection_id', 'queued_at', 'id'] },
  ],
});
