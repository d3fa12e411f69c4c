import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));

/** How to ask each shell for its completions, one word per line. */
const SHELLS: Readonly<Record<string, (script: string, words: readonly string[]) => readonly string[]>> = {
  bash: (script, words) => [
    '-c',
    `source ${script}; COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}; _s3xrc; printf '%s\\n' "\${COMPREPLY[@]}"`,
  ],
  // The arguments of compadd, since completion itself needs a line editor.
  zsh: (script, words) => [
    '-f',
    '-c',
    `compdef() { :; }; _files() { :; }; compadd() { [[ $1 = -- ]] && shift; print -l -- "$@"; }
     _describe() { print -l -- "\${(@)\${(@P)2}%%:*}"; }
     source ${script}; words=(${words.map((word) => `'${word}'`).join(' ')}); CURRENT=${words.length}; _s3xrc`,
  ],
  fish: (script, words) => [
    '--no-config',
    '-c',
    `source ${script}; complete --do-complete '${words.join(' ')}' | string split -f1 \\t`,
  ],
};

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'completion-'));
});
afterAll(() => rm(folder, { recursive: true }));

function isInstalled(shell: string): boolean {
  return spawnSync(shell, ['-c', 'exit 0']).status === 0;
}

/** Skips a shell that this machine does not have. */
for (const [shell, ask] of Object.entries(SHELLS)) {
  (isInstalled(shell) ? test : test.skip)(`${shell} completes commands, subcommands and options`, async () => {
    const { stdout } = spawnSync(process.execPath, [MAIN, 'completion', shell], { encoding: 'utf8' });
    const script = join(folder, `s3xrc.${shell}`);
    await writeFile(script, stdout);
    const complete = (...words: readonly string[]): string[] => {
      const { stdout: out, stderr } = spawnSync(shell, ask(script, words), { encoding: 'utf8', cwd: folder });
      expect(stderr).toBe('');
      return out.trim().split('\n');
    };
    expect(complete('s3xrc', '')).toEqual(expect.arrayContaining(['estimate', 'doctor', 'dead-letters', 'archive']));
    expect(complete('s3xrc', 'archive', '')).toEqual(expect.arrayContaining(['ls', 'cat', 'extract', 'verify']));
    expect(complete('s3xrc', 'doctor', '--')).toEqual(expect.arrayContaining(['--json', '--only', '--profile']));
  });
}
