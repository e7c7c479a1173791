/** What the server's programs see of the environment: nothing of ours (PGPORT, locale and the like would change them). */
export const serverEnvironment: Readonly<Record<string, string>> = {
  PATH: '/usr/local/bin:/usr/bin:/bin',
  LC_ALL: 'C',
  TZ: 'UTC',
  // Memory that one row took is kept for the next instead of going back to the system each time (glibc).
  MALLOC_TOP_PAD_: '16777216',
  MALLOC_TRIM_THRESHOLD_: '67108864',
};
