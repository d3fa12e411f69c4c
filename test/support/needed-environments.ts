import type { PythonNeed } from '../../local-cloud/python-environment.ts';

/** What the tests of a folder start. Those of the others start no Python. */
const NEEDS: Readonly<Record<string, readonly PythonNeed[]>> = {
  integration: ['test'],
  commands: ['test', 'rehearsal', 'emulator'],
  e2e: ['server'],
  template: ['rehearsal', 'deploy'],
  deploy: ['deploy', 'emulator'],
};

/** `test/unit/archive`, but not `archive`, which may be anywhere. */
const NAMED_FOLDER = /(?:^|\/)test\/([^/]+)/;

/**
 * Which Python environments the tests of a run may start, so that they are installed before the first of them: pip takes
 * longer on a busy machine than a hook may.
 * @param testMatch of jest's configuration
 * @param patterns that the run was asked for; none: all that `testMatch` allows
 */
export function neededEnvironments(testMatch: readonly string[], patterns: readonly string[]): PythonNeed[] {
  const matched = Object.keys(NEEDS).filter((folder) => testMatch.some((glob) => hasSegment(glob, folder)));
  const named = patterns.map((pattern) => NAMED_FOLDER.exec(pattern)?.[1]);
  const wanted = matched.filter(
    (folder) => named.length === 0 || named.some((name) => name === undefined || name === folder),
  );
  return [...new Set(wanted.flatMap((folder) => NEEDS[folder] ?? []))];
}

function hasSegment(glob: string, folder: string): boolean {
  return glob.split(/[/{},]/).includes(folder);
}
