import { spawn } from 'node:child_process';
import { MissingSamError, SamFailedError } from '../command/errors.ts';

/** The SAM CLI on the PATH, run in one folder. */
export class Sam {
  readonly #folder: string;
  readonly #signal: AbortSignal;

  /** @param signal is passed on as Ctrl-C to a command that runs, which then ends by itself */
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
    const status = await this.#spawn(args);
    if (status === 0) return;
    throw new SamFailedError(`\`sam ${args.join(' ')}\` ended with exit status ${status}.`, {
      context: { command: args[0] ?? '', status },
    });
  }

  /** Answers the exit status. */
  #spawn(args: readonly string[]): Promise<number> {
    const child = spawn('sam', args, { cwd: this.#folder, stdio: 'inherit' });
    const interrupt = (): void => {
      child.kill('SIGINT');
    };
    this.#signal.addEventListener('abort', interrupt);
    return new Promise<number>((resolve, reject) => {
      child.once('error', (cause: NodeJS.ErrnoException) => {
        if (cause.code !== 'ENOENT') {
          reject(cause);
          return;
        }
        const advice =
          'Install it (`pip install -r requirements/deploy.txt` has the version that is tested), and Docker.';
        reject(new MissingSamError(`There is no \`sam\` on the PATH. ${advice}`, { cause }));
      });
      // A signal is not a status; the shell reports it as 128 and more.
      child.once('close', (status) => {
        resolve(status ?? 128);
      });
    }).finally(() => {
      this.#signal.removeEventListener('abort', interrupt);
    });
  }
}
