import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { endWithParent } from './end-with-parent.ts';
import { FunctionCrashedError, FunctionTimedOutError } from './errors.ts';
import { isolatedVariables } from './isolated-variables.ts';
import { findFreePorts } from './lambda-runtime/free-port.ts';
import { installInterfaceClient } from './lambda-runtime/interface-client.ts';
import { findInterfaceEmulator } from './lambda-runtime/interface-emulator.ts';
import { postEvent } from './lambda-runtime/post-event.ts';
import { type EmulatorResponse, readResponse } from './lambda-runtime/read-response.ts';

export interface LambdaRuntimeOptions {
  /** Folder of the function bundles, inside the project: they find their native packages in its node_modules. */
  readonly bundles: string;
  /** As the templates have it in `ImageConfig.Command`: `source.handler`. */
  readonly handler: string;
  readonly functionName: string;
  readonly memoryMb: number;
  readonly timeoutSeconds: number;
  /** Environment variables of the function; of the caller's own environment only PATH and TMPDIR are added. */
  readonly environment: Readonly<Record<string, string>>;
  /** Called with each line that the function, its runtime or the emulator writes. */
  readonly onLine: (line: string) => void;
  readonly announce?: (line: string) => void;
}

const INVOCATIONS = '/2015-03-31/functions/function/invocations';
/** The emulator ends an invocation at the function's timeout; this is for an emulator that hangs. */
const GRACE_SECONDS = 15;
const CONNECT_EVERY_MS = 20;

/**
 * Runs a bundled function with the same programs that run it in a container: AWS's Lambda Runtime Interface Emulator,
 * which takes events over HTTP, and the runtime interface client, which loads the bundle and calls its handler. After a
 * timeout or a crash the emulator restarts the function, as Lambda does.
 */
export class LambdaRuntime {
  readonly #options: LambdaRuntimeOptions;
  readonly #process: ChildProcess;
  readonly #port: number;
  readonly #linesRead: Promise<unknown>;
  /** The emulator ends if it gets a second event while it has one, so each waits for the previous one. */
  #last: Promise<unknown> = Promise.resolve();
  #isStopping = false;

  private constructor(options: LambdaRuntimeOptions, child: ChildProcess, port: number) {
    this.#options = options;
    this.#process = child;
    this.#port = port;
    this.#linesRead = Promise.all([child.stdout, child.stderr].map((stream) => this.#readLines(stream)));
  }

  /** @throws what `findInterfaceEmulator` and `installInterfaceClient` throw; FunctionCrashedError */
  static async start(options: LambdaRuntimeOptions): Promise<LambdaRuntime> {
    const announce = options.announce ?? options.onLine;
    const emulator = await findInterfaceEmulator(announce);
    const client = await installInterfaceClient(announce);
    const [port = 0, runtimePort = 0] = await findFreePorts(2);
    const { command, args } = endWithParent(emulator, [
      ...['--log-level', 'error'],
      ...['--runtime-interface-emulator-address', `127.0.0.1:${port}`],
      ...['--runtime-api-address', `127.0.0.1:${runtimePort}`],
      ...[process.execPath, client, options.handler],
    ]);
    const child = spawn(command, args, {
      cwd: options.bundles,
      // A separate process group, which is ended as a whole.
      detached: true,
      env: variables(options),
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    const runtime = new LambdaRuntime(options, child, port);
    try {
      await runtime.#listens();
    } catch (error) {
      await runtime.stop();
      throw error;
    }
    return runtime;
  }

  /**
   * Runs the handler on one event, after all earlier ones.
   * @throws FunctionInitError, FunctionThrewError, FunctionTimedOutError, FunctionCrashedError
   */
  invoke(event: unknown): Promise<unknown> {
    const turn = this.#last.then(() => this.#send(JSON.stringify(event)));
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  /** Ends emulator and function at once. Their output about that is not passed on. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    const { exitCode, signalCode, stdin } = this.#process;
    const isRunning = exitCode === null && signalCode === null;
    const exited = isRunning ? once(this.#process, 'exit') : Promise.resolve();
    stdin?.destroy();
    await exited;
    await this.#linesRead;
  }

  async #send(body: string): Promise<unknown> {
    const { functionName, timeoutSeconds } = this.#options;
    const signal = AbortSignal.timeout((timeoutSeconds + GRACE_SECONDS) * 1000);
    let answer: EmulatorResponse;
    try {
      answer = await postEvent(`http://127.0.0.1:${this.#port}${INVOCATIONS}`, body, signal);
    } catch (cause) {
      throw signal.aborted
        ? new FunctionTimedOutError(`${functionName} and its emulator did not answer in ${timeoutSeconds} s`, { cause })
        : new FunctionCrashedError(`The emulator of ${functionName} ended in the middle of an invocation`, { cause });
    }
    const invocation = readResponse(answer, functionName);
    if (invocation.kind === 'failed') throw invocation.error;
    return invocation.response;
  }

  /** Waits until the emulator accepts connections. */
  async #listens(): Promise<void> {
    while (!(await takesConnections(this.#port))) {
      const { exitCode, signalCode } = this.#process;
      if (exitCode !== null || signalCode !== null) {
        throw new FunctionCrashedError(`The emulator of ${this.#options.functionName} ended while it was starting`);
      }
      await delay(CONNECT_EVERY_MS);
    }
  }

  async #readLines(stream: NodeJS.ReadableStream | null): Promise<void> {
    if (stream === null) return;
    for await (const line of createInterface({ input: stream })) {
      if (!this.#isStopping) this.#options.onLine(line.trimEnd());
    }
  }
}

function variables({ bundles, environment, functionName, memoryMb, timeoutSeconds }: LambdaRuntimeOptions) {
  return {
    ...isolatedVariables(),
    PATH: [path.dirname(process.execPath), process.env['PATH'] ?? ''].join(path.delimiter),
    LAMBDA_TASK_ROOT: bundles,
    NODE_OPTIONS: '--enable-source-maps',
    AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
    AWS_LAMBDA_FUNCTION_NAME: functionName,
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(memoryMb),
    AWS_LAMBDA_FUNCTION_TIMEOUT: String(timeoutSeconds),
    ...environment,
  };
}

function takesConnections(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    const settle = (accepts: boolean) => () => {
      socket.destroy();
      resolve(accepts);
    };
    socket.once('connect', settle(true)).once('error', settle(false));
  });
}
