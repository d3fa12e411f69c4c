import { spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import { MissingSamError, SamFailedError } from '../command/errors.ts';
import { makeTemporaryFolder } from '../command/temporary-folder.ts';

/**
 * Milliseconds for a command to end by itself after Ctrl-C: `sam build` would wait for the container engine to answer.
 */
const PATIENCE_MS = 10_000;

/** The SAM CLI on the PATH, run in one folder. */
export class Sam {
  readonly #folder: string;
  readonly #signal: AbortSignal;

  /** @param signal is passed on as Ctrl-C to a running command, which then ends by itself or is killed */
  constructor(folder: string, signal: AbortSignal) {
    this.#folder = folder;
    this.#signal = signal;
  }

  /**
   * Runs a command; its output goes to the terminal as it comes.
   * @throws MissingSamError, SamFailedError
   */
  async run(args: readonly string[]): Promise<void> {
    this.#signal.throwIfAborted();
    // A separate folder, since a killed command leaves its files behind.
    await using cleanup = new AsyncDisposableStack();
    const TMPDIR = await makeTemporaryFolder(tmpdir(), 's3xrc-sam', cleanup);
    const status = await this.#spawn(args, { ...process.env, TMPDIR });
    if (status === 0) return;
    throw new SamFailedError(`\`sam ${args.join(' ')}\` ended with exit status ${status}.`, {
      context: { command: args[0] ?? '', status },
    });
  }

  /** Resolves with the exit status. */
  #spawn(args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
    const child = spawn('sam', args, { cwd: this.#folder, stdio: 'inherit', env });
    let impatience: NodeJS.Timeout | undefined;
    const interrupt = (): void => {
      child.kill('SIGINT');
      impatience = setTimeout(() => child.kill('SIGTERM'), PATIENCE_MS);
    };
    this.#signal.addEventListener('abort', interrupt);
    // After a second Ctrl-C, nothing waits for the command.
    const killNow = (): void => {
      child.kill('SIGKILL');
    };
    process.once('exit', killNow);
    return new Promise<number>((resolve, reject) => {
      child.once('error', (cause: NodeJS.ErrnoException) => {
        if (cause.code !== 'ENOENT') {
          reject(cause);
          return;
        }
        const advice = 'Install the tested version (`pip install -r requirements/deploy.txt`), and Docker.';
        reject(new MissingSamError(`There is no \`sam\` on the PATH. ${advice}`, { cause }));
      });
      // A signal is not a status; the shell reports it as 128 plus its number.
      child.once('close', (status) => {
        resolve(status ?? 128);
      });
    }).finally(() => {
      clearTimeout(impatience);
      process.off('exit', killNow);
      this.#signal.removeEventListener('abort', interrupt);
    });
  }
}
