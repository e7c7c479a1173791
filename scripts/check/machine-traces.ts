import { execFileSync } from 'node:child_process';
import { homedir, tmpdir } from 'node:os';
import { dirname } from 'node:path';

/** Texts that say where this machine keeps things: the checkout, the folder it stands in, the home, and any registry. */
export function machineTraces(root: string, home = homedir()): RegExp[] {
  const common = ['/', '/home', '/root', '/Users', '/tmp', '/opt', '/srv', '/usr', tmpdir(), dirname(home)];
  const places = [root, dirname(root), home].filter((place) => !common.includes(place));
  const registries = /https?:\/\/(registry|npm|deb|security|proxy|mirror)[.-][\w.-]+\//;
  return [...places.map((place) => new RegExp(`(?<![\\w.-])${literal(place)}(?![\\w-])`)), registries];
}

/** Lines of the files that git has, or would take, with such a text in them, as `file:line: text`. */
export function findMachineTraces(root: string, traces: readonly RegExp[], read: (file: string) => string): string[] {
  const listed = execFileSync('git', ['ls-files', '-co', '--exclude-standard', '-z'], { cwd: root, encoding: 'utf8' });
  return listed
    .split('\0')
    .filter((file) => file !== '')
    .flatMap((file) =>
      read(file)
        .split('\n')
        .map((line, index) => ({ file, line, number: index + 1 })),
    )
    .filter(({ line }) => traces.some((trace) => trace.test(line)))
    .map(({ file, line, number }) => `${file}:${number}: ${line.trim().slice(0, 120)}`);
}

function literal(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
