import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const SCRIPT = fileURLToPath(new URL('./session.py', import.meta.url));

export interface TerminalOptions {
  readonly columns?: number;
  readonly rows?: number;
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
}

export interface SessionEnd {
  readonly status: number;
  /** Processes of the session that outlived the program. */
  readonly left: readonly number[];
  /** All output to the terminal. */
  readonly shown: string;
}

type Message = { readonly output: string } | { readonly status: number; readonly left: readonly number[] };

/** A program in its own terminal. */
export class TerminalSession {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #watchers = new Set<() => void>();
  #shown = '';
  /** Resolves when the program has ended. */
  readonly ended: Promise<SessionEnd>;

  constructor(command: readonly string[], { columns = 80, rows = 24, cwd, env }: TerminalOptions) {
    this.#child = spawn('python3', [SCRIPT, String(columns), String(rows), ...command], { cwd, env });
    this.ended = new Promise((resolve, reject) => {
      let complaints = '';
      this.#child.stderr.on('data', (data) => {
        complaints += String(data);
      });
      this.#child.once('error', reject);
      this.#child.once('close', () => {
        reject(new Error(`The terminal ended early: ${complaints}`));
      });
      createInterface({ input: this.#child.stdout }).on('line', (line) => {
        const message = JSON.parse(line) as Message;
        if ('output' in message) this.#show(message.output);
        else resolve({ ...message, shown: this.#shown });
      });
    });
  }

  /** Resolves once the output matches. */
  shows(pattern: RegExp): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (!pattern.test(this.#shown)) return;
        this.#watchers.delete(look);
        resolve();
      };
      this.#watchers.add(look);
      look();
    });
  }

  /** Types Ctrl-C. */
  interrupt(): void {
    this.#child.stdin.write('interrupt\n');
  }

  /** Types a line. */
  enter(line: string): void {
    this.#child.stdin.write(`type ${line}\r\n`);
  }

  #show(text: string): void {
    this.#shown += text;
    for (const look of this.#watchers) look();
  }
}
