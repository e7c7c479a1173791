import { LiquidError } from 'liquidjs';

/** A mistake in a template, or a render that failed; line and column count from 1, null where the engine can't tell. */
type TemplateFault = { message: string; line: number | null; column: number | null };

const position = /, line:\d+, col:\d+$/;

/** What the engine's error says, for people: without its own position suffix, and what else it appends. */
export function templateFault(error: unknown): TemplateFault {
  const message = error instanceof Error ? error.message : String(error);
  if (!LiquidError.is(error)) return { message, line: null, column: null };
  const [line, column] = error.token.getPosition();
  return {
    message: message.split('\n', 1)[0]?.replace(position, '') ?? '',
    line: line ?? null,
    column: column ?? null,
  };
}
