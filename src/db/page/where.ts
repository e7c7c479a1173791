/** Gathers conditions and their parameters; `put` gives a value's place holder. */
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

/** A LIKE pattern's text for exactly this text. */
export function likeText(text: string): string {
  return text.replace(/[\\%_]/g, '\\$&');
}
