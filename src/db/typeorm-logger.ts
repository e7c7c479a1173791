import type { Logger } from 'typeorm';

const nothing = (): void => {};

/** TypeORM's log goes nowhere (its statements hold people's data) but to whoever wants to count or time statements. */
export const typeormLogger = (logStatement: (sql: string) => void = nothing): Logger => ({
  logQuery: (sql) => logStatement(sql),
  logQueryError: nothing,
  logQuerySlow: nothing,
  logSchemaBuild: nothing,
  logMigration: nothing,
  log: nothing,
});
