import type { PythonNeed } from '../../local-cloud/python-environment.ts';

/** The environments that the tests of a folder start. Tests in other folders start no Python. */
const NEEDS: Readonly<Record<string, readonly PythonNeed[]>> = {
  integration: ['test'],
  commands: ['test', 'rehearsal', 'emulator'],
  e2e: ['server'],
  template: ['rehearsal', 'deploy'],
  deploy: ['deploy', 'emulator'],
};

/** Matches `test/unit/archive`, but not `archive`, which may be anywhere. */
const NAMED_FOLDER = /(?:^|\/)test\/([^/]+)/;

/**
 * The Python environments that the tests of a run may start, so that they can be installed before the first test: on a
 * busy machine, pip takes longer than a hook may.
 * @param testMatch from jest's configuration
 * @param patterns from the command line; none: everything that `testMatch` allows
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
