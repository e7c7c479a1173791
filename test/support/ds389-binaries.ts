import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { libraryFolders, packageCache, unpackPackages } from './debian-packages.ts';

/** The places of the files of 389 Directory Server, and what its processes need to run. */
export type Ds389Binaries = {
  /** The path of a program: the unpacked one, or the name of the machine's own. */
  program(name: string): string;
  plugins: string;
  /** Folders of schema files. */
  schemas: string[];
  /** The folder of templates for the configuration of a new instance. */
  templates: string;
  /** Other files of an instance, beside its configuration. */
  config: string;
  env: NodeJS.ProcessEnv;
};

const cacheFolder = join(packageCache, 'ds389');
const packages = ['389-ds-base', '389-ds-base-libs', 'libnss3-tools', 'openssl'];
let found: Promise<Ds389Binaries> | undefined;

/**
 * Unpacks Debian's packages of 389 Directory Server into `.cache/ds389` at the first call, for any user. They are not
 * installed, because their scripts would create a user and services.
 */
export function ds389Binaries(): Promise<Ds389Binaries> {
  found ??= find();
  return found;
}

async function find(): Promise<Ds389Binaries> {
  // Of the dependencies only the libraries are needed, not the tools in Python and Perl.
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
