/** An object as given in an update: a member left out stays, null restores the default. */
export type Given<T> = { readonly [member in keyof T]?: T[member] | null };

/**
 * Merges what was given into what there is, member by member; lists are replaced. `given` itself null: all defaults; left
 * out: nothing changes. Members of `given` that `current` does not have are passed over.
 */
export function mergeMembers<T extends object>(current: T, given: Given<T> | null | undefined, defaults: T): T {
  if (given === undefined) return current;
  if (given === null) return defaults;
  const merged = { ...current };
  for (const member of keysOf(current)) {
    merged[member] = mergeValue<T[keyof T]>(current[member], given[member], defaults[member]);
  }
  return merged;
}

/** The same for a single value. */
export const mergeValue = <V>(current: V, given: V | null | undefined, fallback: V): V =>
  given === undefined ? current : (given ?? fallback);

/** TypeScript's `Object.keys` knows no keys. */
const keysOf = Object.keys as <T extends object>(object: T) => (keyof T)[];
