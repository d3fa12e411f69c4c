import { type ChildProcess, execFile, fork } from 'node:child_process';
import { promisify } from 'node:util';
import type { Answer, FileCoverage, Request, TestId, Verdict } from './conversation.ts';

/** A process that has used this much CPU time since its last beat is in a loop that a mutant has made endless. */
const SILENT_CPU_SECONDS = 5;
/** As in test-process.ts, which cannot measure while a test blocks the event loop. */
const SLOWER = 10;
const LOOK_MILLISECONDS = 2000;
/** Loaded tests and leftovers of mutants take memory; a new process costs seconds. */
const TRIES_PER_PROCESS = 400;
const NO_MUTANT = -1;
const run = promisify(execFile);

/** Runs tests in a separate process, and replaces it when a mutant has stopped, killed or spoiled it. */
export class TestHost {
  readonly #directory: string;
  readonly #mutants: number;
  readonly #stop: AbortSignal;
  #child: ChildProcess | undefined;
  #tries = 0;

  /**
   * @param directory of the instrumented files
   * @param mutants how many there are
   * @param stop ends the process and rejects its pending requests
   */
  constructor(directory: string, mutants: number, stop: AbortSignal) {
    this.#directory = directory;
    this.#mutants = mutants;
    this.#stop = stop;
    stop.addEventListener('abort', () => {
      this.close();
    });
  }

  /** @throws Error if the file cannot be loaded or ends the process */
  async cover(file: string): Promise<FileCoverage> {
    // Nothing is endless without a mutant, and a simulation may compute for a long time.
    const answer = await this.#ask({ kind: 'cover', file }, NO_MUTANT, Number.POSITIVE_INFINITY);
    if (answer?.kind !== 'covered') throw new Error(`${file} ends the process that runs it without a mutant.`);
    return answer.coverage;
  }

  /** Runs the tests in order up to the first that fails, with a mutant that is reached while they run. */
  async try(mutant: number, tests: readonly TestId[]): Promise<Verdict> {
    this.#tries += 1;
    if (this.#tries % TRIES_PER_PROCESS === 0) this.close();
    const verdict = await this.#try(mutant, tests, NO_MUTANT);
    if (verdict.kind !== 'spoiled') return verdict;
    return this.tryAfresh(mutant, [...(verdict.by ? [verdict.by] : []), ...tests]);
  }

  /** The same with a mutant that is active before anything is loaded, as required if loading reaches it. */
  async tryAfresh(mutant: number, tests: readonly TestId[]): Promise<Verdict> {
    this.close();
    try {
      return await this.#try(mutant, tests, mutant);
    } finally {
      this.close();
    }
  }

  close(): void {
    this.#child?.kill('SIGKILL');
    this.#child = undefined;
  }

  async #try(mutant: number, tests: readonly TestId[], active: number): Promise<Verdict> {
    const answer = await this.#ask({ kind: 'try', mutant, tests }, active, SILENT_CPU_SECONDS);
    const verdict: Verdict = answer?.kind === 'tried' ? answer.verdict : { kind: 'stuck' };
    if (verdict.kind === 'stuck' || verdict.kind === 'spoiled') this.close();
    return verdict;
  }

  /** Undefined if the process ended or has stopped beating for too long: then it is killed. */
  async #ask(request: Request, active: number, silentSeconds: number): Promise<Answer | undefined> {
    this.#stop.throwIfAborted();
    this.#child ??= this.#start(active);
    const child = this.#child;
    const { promise, resolve } = Promise.withResolvers<Answer | undefined>();
    let silentSince: number | undefined;
    let allowed = silentSeconds;
    const look = setInterval(() => {
      void readCpuSeconds(child.pid).then((used) => {
        silentSince ??= used;
        if (used - silentSince > allowed) resolve(undefined);
      });
    }, LOOK_MILLISECONDS);
    const hear = (answer: Answer): void => {
      silentSince = undefined;
      if (answer.kind === 'begun') allowed = silentSeconds + (SLOWER * answer.milliseconds) / 1000;
      else if (answer.kind !== 'beat') resolve(answer);
    };
    const end = (): void => {
      resolve(undefined);
    };
    child.on('message', hear);
    child.once('exit', end);
    child.send(request);
    try {
      const answer = await promise;
      if (answer === undefined) this.close();
      this.#stop.throwIfAborted();
      return answer;
    } finally {
      clearInterval(look);
      child.off('message', hear);
      child.off('exit', end);
    }
  }

  #start(active: number): ChildProcess {
    const program = new URL('test-process.ts', import.meta.url);
    const args = [this.#directory, String(this.#mutants), String(active)];
    return fork(program, args, {
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      execArgv: ['--disable-warning=ExperimentalWarning'],
    });
  }
}

/** CPU time of a process; wall-clock time says nothing on a busy machine. */
async function readCpuSeconds(pid: number | undefined): Promise<number> {
  const { stdout } = await run('ps', ['-o', 'time=', '-p', String(pid)]).catch(() => ({ stdout: '0' }));
  return stdout
    .trim()
    .split(/[-:]/)
    .reduce((sum, part) => sum * 60 + Number(part), 0);
}
