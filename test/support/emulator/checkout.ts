import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { TerminalSession } from '../terminal/session.ts';

const PROJECT = fileURLToPath(new URL('../../..', import.meta.url));
/** Everything that a deployment reads. */
const FILES = ['src', 'local-cloud', 'layers', 'configuration', 'package.json', '.npmrc', '.dockerignore'];
/** TMPDIR of commands in a terminal. */
const TEMPORARY = 'temporary';
const WRITTEN = ['template.yaml', 'samconfig.toml'];

export interface Ended {
  readonly status: number;
  /** Both streams, as a terminal shows them. */
  readonly output: string;
}

/** A copy of the project that tests may configure and deploy. */
export class Checkout {
  readonly folder: string;
  readonly #environment: NodeJS.ProcessEnv;

  private constructor(folder: string, environment: NodeJS.ProcessEnv) {
    this.folder = folder;
    this.#environment = environment;
  }

  /** @param environment for its commands, in addition to PATH */
  static async make(environment: Readonly<Record<string, string>>): Promise<Checkout> {
    const folder = await mkdtemp(join(tmpdir(), 'checkout-'));
    for (const name of [...FILES, ...WRITTEN]) await cp(join(PROJECT, name), join(folder, name), { recursive: true });
    await symlink(join(PROJECT, 'node_modules'), join(folder, 'node_modules'));
    const home = join(folder, 'home');
    await mkdir(home);
    await mkdir(join(folder, TEMPORARY));
    const PATH = [environment['PATH'], dirname(process.execPath), process.env['PATH']].join(':');
    // Nothing from the shell of the tests: neither its AWS profile nor npm's variables.
    return new Checkout(folder, { ...environment, PATH, HOME: home });
  }

  /** Runs `npm run ARGS`. */
  async npm(
    args: readonly string[],
    { input = '', environment = {} }: { readonly input?: string; readonly environment?: NodeJS.ProcessEnv } = {},
  ): Promise<Ended> {
    const env = { ...this.#environment, ...environment };
    return new Promise((resolve) => {
      const child = execFile(
        'npm',
        ['run', ...args],
        { cwd: this.folder, env, maxBuffer: 1 << 26 },
        (error, out, err) => {
          const status = error === null ? 0 : typeof error.code === 'number' ? error.code : 1;
          resolve({ status, output: `${out}${err}` });
        },
      );
      child.stdin?.end(input);
    });
  }

  /** Runs `s3xrc ARGS` in a terminal. */
  open(args: readonly string[], environment: NodeJS.ProcessEnv = {}): TerminalSession {
    const TMPDIR = join(this.folder, TEMPORARY);
    const env = { ...this.#environment, TERM: 'xterm', TMPDIR, ...environment };
    const command = [process.execPath, join(this.folder, 'src/cli/main.ts'), ...args];
    return new TerminalSession(command, { cwd: this.folder, env, columns: 120 });
  }

  /** Files that these commands left in their temporary folder. */
  temporaryFiles(): Promise<string[]> {
    return readdir(join(this.folder, TEMPORARY));
  }

  async configure(settings: object, rules: readonly object[]): Promise<Ended> {
    await this.#write('settings.json', settings);
    await this.#write('replication_config.json', { replication_configuration: rules });
    return this.npm(['configure']);
  }

  async read(name: string): Promise<string> {
    return readFile(join(this.folder, name), 'utf8');
  }

  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true });
  }

  async #write(name: string, content: object): Promise<void> {
    await writeFile(join(this.folder, 'configuration', name), JSON.stringify(content));
  }
}
