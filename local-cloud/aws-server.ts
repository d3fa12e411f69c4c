import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { LocalServerError } from './errors.ts';
import { preparePythonEnvironment } from './python-environment.ts';

const SERVE_SCRIPT = fileURLToPath(new URL('./moto/serve.py', import.meta.url));

/** The number of the server's last error lines that our error quotes. */
const QUOTED_LINES = 8;

export interface AwsServerOptions {
  /** Only names the server in errors: moto serves whichever region a request is signed for. */
  readonly region: string;
  /** Interpreter with the packages. Default: the project's own environment, installed if necessary. */
  readonly python?: string;
  /**
   * URL of a resource provider: with it, the server also offers CloudFormation, IAM, STS and KMS, and CloudFormation
   * reports every resource to the provider (moto/stacks.py has the protocol). Needs the packages of `rehearsal`.
   */
  readonly resourceProvider?: string;
  readonly announce?: (line: string) => void;
}

export interface AwsServer {
  /** `http://127.0.0.1:<port>`: S3 (path style), SQS and DynamoDB in one. */
  readonly endpoint: string;
  /** Ends the server and deletes everything it stored. Safe to call twice. */
  stop(): Promise<void>;
}

/**
 * Starts the S3, SQS and DynamoDB servers of one emulated region, in a separate process. It always ends with this one,
 * because it watches a pipe that the kernel closes when this process ends.
 *
 * @throws LocalServerError when it ends before it is ready; errors of `preparePythonEnvironment`
 */
export async function startAwsServer(options: AwsServerOptions): Promise<AwsServer> {
  const { resourceProvider, announce = () => undefined } = options;
  const need = resourceProvider === undefined ? 'server' : 'rehearsal';
  const python = options.python ?? (await preparePythonEnvironment(need, announce));
  const args = [SERVE_SCRIPT, ...(resourceProvider === undefined ? [] : [resourceProvider])];
  const child = spawn(python, args, {
    // A separate process group: after Ctrl-C in a terminal, others clean up first and need the server for that.
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
    env: serverVariables(python),
  });
  const complaints: string[] = [];
  createInterface({ input: child.stderr }).on('line', (line) => {
    complaints.push(line);
    if (complaints.length > QUOTED_LINES) complaints.shift();
  });
  const port = await readPort(child, options.region, complaints);
  return { endpoint: `http://127.0.0.1:${port}`, stop: () => stopServer(child) };
}

/**
 * Few variables, because a region or credentials in the caller's shell would override those that requests are signed
 * with.
 */
function serverVariables(python: string): NodeJS.ProcessEnv {
  return {
    PATH: process.env['PATH'],
    TMPDIR: process.env['TMPDIR'],
    // Compiled modules belong in the environment, not next to the sources.
    PYTHONPYCACHEPREFIX: path.join(path.dirname(python), '..', 'compiled'),
    // Request bodies are large and short-lived: without this, each thread keeps the memory of its largest ones.
    MALLOC_ARENA_MAX: '2',
    MALLOC_MMAP_THRESHOLD_: '1048576',
  };
}

async function readPort(child: ChildProcess, region: string, complaints: readonly string[]): Promise<string> {
  if (child.stdout === null) throw new LocalServerError(`The server of ${region} has no standard output`);
  const lines = createInterface({ input: child.stdout });
  const port = await new Promise<string | undefined>((resolve, reject) => {
    lines.once('line', resolve);
    child.once('error', reject);
    child.once('exit', () => {
      resolve(undefined);
    });
  });
  if (port !== undefined) return port;
  throw new LocalServerError(`The local AWS server of ${region} ended while starting:\n${complaints.join('\n')}`, {
    context: { region },
  });
}

async function stopServer(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}
