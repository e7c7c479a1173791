/** Collects conditions and their parameters. `put` adds a parameter and returns its placeholder. */
export type Where = { put(value: unknown): string; add(condition: string): void; text(): string; values: unknown[] };

export function where(): Where {
  const conditions: string[] = [];
  const values: unknown[] = [];
  return {
    values,
    put: (value) => `$${values.push(value)}`,
    add: (condition) => {
      conditions.push(condition);
    },
    text: () => (conditions.length === 0 ? 'true' : conditions.map((condition) => `(${condition})`).join(' AND ')),
  };
}

/** Escapes a text for use in a LIKE pattern. */
export function likeText(text: string): string {
  return text.replace(/[\\%_]/g, '\\$&');
}
