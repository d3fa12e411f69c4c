import { spawn } from 'node:child_process';
import { cp, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import type { Mutant } from './find-mutants.ts';

const COPIED = ['src', 'test', 'local-cloud', 'configuration', 'events', 'docs', 'package.json', 'tsconfig.json'];
const JEST_CONFIG = 'jest.config.ts';
/** A loop that a mutant has made endless is noticed, too. */
const MAX_MILLISECONDS = 10 * 60_000;

/** A copy of the project, in which one file at a time is changed; what is being worked on stays as it is. */
export class MutatedTree {
  readonly #project: string;
  readonly #tree: string;

  readonly #stop: AbortSignal;

  private constructor(project: string, tree: string, stop: AbortSignal) {
    this.#project = project;
    this.#tree = tree;
    this.#stop = stop;
  }

  /** @param stop ends the tests that run, whose promises reject then */
  static async copy(project: string, stop: AbortSignal): Promise<MutatedTree> {
    const tree = join(project, 'build', 'mutation');
    await rm(tree, { recursive: true, force: true });
    await mkdir(tree, { recursive: true });
    for (const name of [...COPIED, JEST_CONFIG]) await cp(join(project, name), join(tree, name), { recursive: true });
    await symlink(join(project, 'node_modules'), join(tree, 'node_modules'));
    return new MutatedTree(project, tree, stop);
  }

  /**
   * The unit and property tests that reach a file, those of its own name first, then those of its folder: what most often
   * notices a mutant runs first.
   */
  async relatedTests(file: string): Promise<readonly string[]> {
    const { status, output } = await this.#jest('--listTests', '--findRelatedTests', file);
    if (status !== 0) throw new Error(`Jest cannot list the tests of ${file}:\n${output}`);
    const tests = output
      .split('\n')
      .map((line) => relative(this.#tree, line.trim()))
      .filter((path) => /^test\/(unit|property)\/.*\.test\.ts$/.test(path));
    const room = dirname(relative('src', file));
    const name = basename(file, '.ts');
    const distance = (test: string): number => {
      if (basename(test) === `${name}.test.ts`) return 0;
      return dirname(test).endsWith(`/${room}`) ? 1 : 2;
    };
    return tests.toSorted((one, two) => distance(one) - distance(two) || one.localeCompare(two));
  }

  /** True when one of the tests fails with the mutant in place. */
  async isNoticed(file: string, mutant: Mutant, tests: readonly string[]): Promise<boolean> {
    const text = await readFile(join(this.#project, file), 'utf8');
    const path = join(this.#tree, file);
    await writeFile(path, text.slice(0, mutant.start) + mutant.replacement + text.slice(mutant.end));
    try {
      for (const some of inSteps(tests)) {
        const { status } = await this.#jest('--bail', '--runTestsByPath', ...some);
        if (status !== 0) return true;
      }
      return false;
    } finally {
      await writeFile(path, text);
    }
  }

  /** @throws Error when the tests fail without any mutant: then nothing can be learned from them */
  async verify(tests: readonly string[]): Promise<void> {
    const { status, output } = await this.#jest('--bail', '--runTestsByPath', ...tests);
    if (status !== 0) throw new Error(`Tests fail without a mutant:\n${output}`);
  }

  async remove(): Promise<void> {
    await rm(this.#tree, { recursive: true, force: true });
  }

  #jest(...args: readonly string[]): Promise<{ status: number | null; output: string }> {
    const node = [
      '--experimental-vm-modules',
      '--disable-warning=ExperimentalWarning',
      'node_modules/jest/bin/jest.js',
    ];
    const child = spawn(process.execPath, [...node, ...args], {
      cwd: this.#tree,
      timeout: MAX_MILLISECONDS,
      signal: this.#stop,
    });
    let output = '';
    child.stdout.on('data', (data: Buffer) => (output += data.toString()));
    child.stderr.on('data', (data: Buffer) => (output += data.toString()));
    return new Promise((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (status) => {
        resolve({ status, output });
      });
    });
  }
}

/** The nearest test alone, then ten, then the rest: most mutants end at the first. */
function inSteps(tests: readonly string[]): readonly (readonly string[])[] {
  return [tests.slice(0, 1), tests.slice(1, 11), tests.slice(11)].filter((some) => some.length > 0);
}
