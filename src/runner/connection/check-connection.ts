import type { ConnectionEdit } from '../../core/records.ts';
import type { ConnectionPaths } from '../../core/runner-port.ts';
import type { UserError } from '../../core/user-error.ts';
import { checkMappings } from '../../sync/map/check-mappings.ts';
import { checkScope } from '../../sync/source/check-scope.ts';
import { checkSource } from '../../sync/source/check-source.ts';
import { scheduleFault } from '../schedule/schedule-fault.ts';
import { checkRemoval } from './check-removal.ts';
import { faultsBelow } from './faults-below.ts';

/** All faults of a connection that can be found without contacting its source. Empty: it can be saved. */
export function checkConnection(edit: ConnectionEdit, paths: ConnectionPaths, now: Date): UserError[] {
  const schedule = edit.schedule === null ? null : scheduleFault(edit.schedule, now);
  return [
    ...faultsBelow(paths.source, checkSource(edit.source)),
    ...faultsBelow(paths.scope, checkScope(edit.scope)),
    ...checkMappings(edit.mappings, paths.mappings),
    ...faultsBelow(paths.removal, checkRemoval(edit.removal)),
    ...(schedule === null ? [] : faultsBelow(paths.schedule, [{ ...schedule, path: [schedule.setting] }])),
  ];
}
