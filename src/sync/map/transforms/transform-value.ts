/** What a transform may look at besides the value. */
export type TransformContext = {
  /** ISO 3166-1 alpha-2 code of the person's own COUNTRY, where the mapping yields one. */
  country: string | null;
};

/** Turns one trimmed, non-empty value into another; empty: the value says nothing. What it can't read it leaves as it is. */
export type TransformValue = (value: string, context: TransformContext) => string;
