/**
 * `SET` items for a `link` that is to be looked at again at its connection's next run. A run under way that has decided before
 * writes its hash only where `recheck` still is what it saw. Ask for it whatever the hash is: one that is about to be written
 * would not be seen.
 */
export const lookAgain = 'hash = NULL, recheck = link.recheck + 1';
