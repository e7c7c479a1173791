import { execFileSync } from 'node:child_process';
import { homedir, tmpdir } from 'node:os';
import { dirname } from 'node:path';

/**
 * Patterns for texts that name places of this machine: the checkout, its parent folder, the home folder, and any
 * package registry.
 */
export function machineTraces(root: string, home = homedir()): RegExp[] {
  const common = ['/', '/home', '/root', '/Users', '/tmp', '/opt', '/srv', '/usr', tmpdir(), dirname(home)];
  const places = [root, dirname(root), home].filter((place) => !common.includes(place));
  const registries = /https?:\/\/(registry|npm|deb|security|proxy|mirror)[.-][\w.-]+\//;
  return [...places.map((place) => new RegExp(`(?<![\\w.-])${literal(place)}(?![\\w-])`)), registries];
}

/** The lines that match a pattern, in all files that git tracks or would add, as `file:line: text`. */
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
