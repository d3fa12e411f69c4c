import { type ChildProcess, fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { FunctionCrashedError, FunctionInitError, FunctionThrewError, FunctionTimedOutError } from '../errors.ts';
import { isolatedVariables } from '../isolated-variables.ts';
import type { EnvironmentMessage, FunctionFacts, InvokeMessage } from './protocol.ts';

const ENTRY = fileURLToPath(new URL('./run-environment.ts', import.meta.url));

export interface FunctionEnvironmentOptions extends FunctionFacts {
  /** File of the bundle. */
  readonly bundle: string;
  /** Name of the export that is called. */
  readonly handler: string;
  /** Environment variables of the function; of the host's own environment only PATH and TMPDIR are added. */
  readonly environment: Readonly<Record<string, string>>;
  readonly timeoutSeconds: number;
  /** Called with each line that the function writes to its standard output or error. */
  readonly onLine: (line: string) => void;
}

/** One process that runs a function: initialized once, then one invocation at a time, until it ends for any reason. */
export class FunctionEnvironment {
  readonly #options: FunctionEnvironmentOptions;
  readonly #child: ChildProcess;
  readonly #ready: Promise<EnvironmentMessage>;
  readonly #linesRead: Promise<unknown>;

  constructor(options: FunctionEnvironmentOptions) {
    this.#options = options;
    const { bundle, handler, functionName, invokedFunctionArn, memoryMb } = options;
    const facts: FunctionFacts = { functionName, invokedFunctionArn, memoryMb };
    this.#child = fork(ENTRY, [pathToFileURL(bundle).href, handler, JSON.stringify(facts)], {
      // A separate process group: a terminal's Ctrl-C reaches only the host, which then ends it.
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      env: this.#variables(),
      // A debugger or test runner of the host must not affect the function.
      execArgv: ['--enable-source-maps'],
    });
    this.#linesRead = Promise.all([this.#child.stdout, this.#child.stderr].map((stream) => this.#readLines(stream)));
    this.#ready = this.#nextMessage();
    this.#ready.catch(() => undefined);
  }

  get isAlive(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null && this.#child.connected;
  }

  /**
   * Runs the handler on one event.
   *
   * @throws FunctionInitError, FunctionThrewError, FunctionTimedOutError (the process is killed), FunctionCrashedError
   */
  async invoke(event: unknown): Promise<unknown> {
    const { functionName, timeoutSeconds } = this.#options;
    const initialized = await this.#ready;
    if (initialized.kind === 'init failed') {
      this.kill();
      throw new FunctionInitError(`${functionName} could not be initialized: ${initialized.error.trace}`);
    }
    const requestId = randomUUID();
    const deadline = Date.now() + timeoutSeconds * 1000;
    const message: InvokeMessage = { requestId, event, deadline };
    const answer = this.#nextMessage();
    const patience = new AbortController();
    const timer = setTimeout(() => {
      patience.abort();
      this.kill();
    }, timeoutSeconds * 1000);
    try {
      this.#child.send(message);
      const answered = await answer;
      if (answered.kind === 'threw') {
        const { errorType, errorMessage, trace } = answered.error;
        throw new FunctionThrewError(`${functionName} threw ${errorType}: ${errorMessage}`, { context: { trace } });
      }
      return answered.kind === 'answered' ? answered.response : undefined;
    } catch (error) {
      if (!patience.signal.aborted) throw error;
      throw new FunctionTimedOutError(`${functionName} timed out after ${timeoutSeconds} s`, {
        context: { requestId },
        cause: error,
      });
    } finally {
      clearTimeout(timer);
    }
  }

  /** Ends the process at once, as an out-of-memory kill or a lost machine would. */
  kill(): void {
    this.#child.kill('SIGKILL');
  }

  /** Resolves when the process has ended and all of its output has been passed on. */
  async ended(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) await once(this.#child, 'exit');
    await this.#linesRead;
  }

  #variables(): NodeJS.ProcessEnv {
    const { environment, functionName, memoryMb, handler } = this.#options;
    return {
      ...isolatedVariables(),
      AWS_LAMBDA_FUNCTION_NAME: functionName,
      AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(memoryMb),
      AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
      _HANDLER: handler,
      ...environment,
    };
  }

  async #readLines(stream: NodeJS.ReadableStream | null): Promise<void> {
    if (stream === null) return;
    for await (const line of createInterface({ input: stream })) this.#options.onLine(line);
  }

  /** The next message from the process, or its end, whichever comes first. */
  #nextMessage(): Promise<EnvironmentMessage> {
    return new Promise((resolve, reject) => {
      const settle = (finish: () => void) => {
        this.#child.off('message', onMessage).off('exit', onExit).off('error', onError);
        finish();
      };
      const onMessage = (message: unknown) => {
        settle(() => {
          resolve(message as EnvironmentMessage);
        });
      };
      const onExit = (exitCode: number | null, signal: NodeJS.Signals | null) => {
        settle(() => {
          const how = signal === null ? `exit status ${exitCode ?? 0}` : `signal ${signal}`;
          reject(new FunctionCrashedError(`The process of ${this.#options.functionName} ended with ${how}`));
        });
      };
      const onError = (error: Error) => {
        settle(() => {
          reject(new FunctionCrashedError(`The process of ${this.#options.functionName} failed`, { cause: error }));
        });
      };
      this.#child.on('message', onMessage).on('exit', onExit).on('error', onError);
    });
  }
}
