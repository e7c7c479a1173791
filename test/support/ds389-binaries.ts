import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { libraryFolders, packageCache, unpackPackages } from './debian-packages.ts';

/** Where the files of 389 Directory Server lie and what its processes need to run. */
export type Ds389Binaries = {
  /** The path of a program of the packages, of the machine if it has one. */
  program(name: string): string;
  plugins: string;
  /** Folders of schema files. */
  schemas: string[];
  /** Of the configuration of a new instance. */
  templates: string;
  /** Further files that an instance has beside its configuration. */
  config: string;
  env: NodeJS.ProcessEnv;
};

const cacheFolder = join(packageCache, 'ds389');
const packages = ['389-ds-base', '389-ds-base-libs', 'libnss3-tools', 'openssl'];
let found: Promise<Ds389Binaries> | undefined;

/**
 * Unpacks Debian's packages of 389 Directory Server into `.cache/ds389` at the first call, for any user. They are not installed:
 * their scripts would make a user and services.
 */
export function ds389Binaries(): Promise<Ds389Binaries> {
  found ??= find();
  return found;
}

async function find(): Promise<Ds389Binaries> {
  // Of what they depend on, the tools in Python and Perl are left out.
  await unpackPackages(cacheFolder, packages, (name) => /^lib(?!.*-perl$)/.test(name));
  const folders = await libraryFolders(cacheFolder);
  const server = folders.map((folder) => join(folder, 'dirsrv')).find((folder) => existsSync(folder));
  if (server === undefined) throw new Error(`${cacheFolder} does not hold 389 Directory Server: delete it.`);
  const plugins = join(server, 'plugins');
  return {
    program: (name) => {
      const places = ['usr/sbin', 'usr/bin'].map((folder) => join(cacheFolder, folder, name));
      return places.find((path) => existsSync(path)) ?? name;
    },
    plugins,
    schemas: [join(cacheFolder, 'usr/share/dirsrv/schema'), join(cacheFolder, 'etc/dirsrv/schema')],
    templates: join(cacheFolder, 'usr/share/dirsrv/data'),
    config: join(cacheFolder, 'etc/dirsrv/config'),
    env: { ...process.env, LD_LIBRARY_PATH: [server, plugins, ...folders].join(delimiter) },
  };
}
