import { spawn } from 'node:child_process';
import { SamFailedError, SamMissingError } from '../command/errors.ts';

/** What a run of the SAM CLI left behind. */
interface Ended {
  readonly status: number;
  /** Empty when the output went to the terminal. */
  readonly stdout: string;
  readonly stderr: string;
}

/** The SAM CLI on the PATH, run in one folder. */
export class Sam {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /**
   * Runs a command; its output goes to the terminal as it comes.
   * @throws SamMissingError, SamFailedError
   */
  async run(args: readonly string[]): Promise<void> {
    const { status } = await this.#spawn(args, 'inherit');
    if (status === 0) return;
    throw new SamFailedError(`\`sam ${args.join(' ')}\` ended with exit status ${status}.`, {
      context: { command: args[0] ?? '', status },
    });
  }

  /**
   * The outputs of a stack by name; undefined when there is no such stack.
   * @throws SamMissingError, SamFailedError
   */
  async outputs(stack: string, region: string): Promise<ReadonlyMap<string, string> | undefined> {
    const args = ['list', 'stack-outputs', '--stack-name', stack, '--region', region, '--output', 'json'];
    const { status, stdout, stderr } = await this.#spawn(args, 'pipe');
    if (status === 0) {
      const outputs = JSON.parse(stdout) as readonly { readonly OutputKey: string; readonly OutputValue: string }[];
      return new Map(outputs.map(({ OutputKey, OutputValue }) => [OutputKey, OutputValue]));
    }
    const said = `${stdout}${stderr}`;
    if (said.includes('does not exist')) return undefined;
    // The rest of a first deployment that failed.
    if (said.includes('Outputs do not exist')) return new Map();
    throw new SamFailedError(`\`sam ${args.join(' ')}\` ended with exit status ${status}:\n${stderr.trim()}`, {
      context: { stack, region, status },
    });
  }

  #spawn(args: readonly string[], output: 'inherit' | 'pipe'): Promise<Ended> {
    const child = spawn('sam', args, { cwd: this.#folder, stdio: ['inherit', output, output] });
    const texts = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const) {
      child[name]?.setEncoding('utf8').on('data', (text: string) => {
        texts[name] += text;
      });
    }
    return new Promise((resolve, reject) => {
      child.once('error', (cause: NodeJS.ErrnoException) => {
        if (cause.code !== 'ENOENT') {
          reject(cause);
          return;
        }
        const advice =
          'Install it (`pip install -r requirements/deploy.txt` has the version that is tested), and Docker.';
        reject(new SamMissingError(`There is no \`sam\` on the PATH. ${advice}`, { cause }));
      });
      // A signal is no status; the shell counts it as 128 and more.
      child.once('close', (status) => {
        resolve({ status: status ?? 128, ...texts });
      });
    });
  }
}
