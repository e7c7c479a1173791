import type pg from 'pg';

/**
 * To be done with each connection of any pool. One that is lost while it changes hands has no listener of the pool or of whoever
 * takes it, and without any the event would end the process; who uses it is told by the next statement.
 */
export function hearErrors(client: pg.ClientBase): void {
  client.on('error', () => {});
}
