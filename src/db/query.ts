/** Sends one statement and gives back its rows: the smallest thing that SQL is written against, whoever's rights it has. */
export type Query = <Row = Record<string, unknown>>(sql: string, parameters?: readonly unknown[]) => Promise<Row[]>;
