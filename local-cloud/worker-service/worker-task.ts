import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { isolatedVariables } from '../isolated-variables.ts';

const ENTRY = fileURLToPath(new URL('./run-task.ts', import.meta.url));

/** From SIGTERM to SIGKILL, as the task definition says (`stopTimeout`, at most 120 s on Fargate). */
const STOP_MILLISECONDS = 120_000;

export interface WorkerTaskOptions {
  /** File of the bundle. */
  readonly bundle: string;
  /** Environment variables of the task; of the host's own environment only PATH and TMPDIR are added. */
  readonly environment: Readonly<Record<string, string>>;
  /** Called with each line that the task writes to its standard output or error. */
  readonly onLine: (line: string) => void;
}

/** How a process ended: one of the two is null. */
export interface TaskEnd {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** One fallback task: a process that works until it is told to stop. */
export class WorkerTask {
  /** Resolves when the process has ended and all of its output has been passed on. */
  readonly ended: Promise<TaskEnd>;
  readonly #child: ChildProcess;

  constructor({ bundle, environment, onLine }: WorkerTaskOptions) {
    this.#child = fork(ENTRY, [pathToFileURL(bundle).href], {
      // A separate process group: a terminal's Ctrl-C reaches only the host, which then ends it.
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      env: { ...isolatedVariables(), ...environment },
      // A debugger or test runner of the host must not affect the task.
      execArgv: ['--enable-source-maps'],
    });
    this.ended = this.#end(onLine);
  }

  /** Ends the task as Spot does: SIGTERM, then SIGKILL if that takes too long. */
  async reclaim(): Promise<TaskEnd> {
    const timer = setTimeout(() => {
      this.kill();
    }, STOP_MILLISECONDS);
    this.#child.kill('SIGTERM');
    try {
      return await this.ended;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Ends the process at once, as an out-of-memory kill or a lost machine would. */
  kill(): void {
    this.#child.kill('SIGKILL');
  }

  async #end(onLine: (line: string) => void): Promise<TaskEnd> {
    const exit = once(this.#child, 'exit');
    await Promise.all([this.#child.stdout, this.#child.stderr].map((stream) => readLines(stream, onLine)));
    const [status, signal] = (await exit) as [TaskEnd['status'], TaskEnd['signal']];
    return { status, signal };
  }
}

async function readLines(stream: NodeJS.ReadableStream | null, onLine: (line: string) => void): Promise<void> {
  if (stream === null) return;
  for await (const line of createInterface({ input: stream })) onLine(line);
}
