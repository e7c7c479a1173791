/** What the server's programs see of the environment: nothing of ours (PGPORT, locale and the like would change them). */
export const serverEnvironment: Readonly<Record<string, string>> = {
  PATH: '/usr/local/bin:/usr/bin:/bin',
  LC_ALL: 'C',
  TZ: 'UTC',
};
