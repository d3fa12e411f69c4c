import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';
import { json } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { preparePythonEnvironment } from '../../../local-cloud/python-environment.ts';

const SCRIPT = fileURLToPath(new URL('./serve.py', import.meta.url));
/** The error in a message of FunctionThrewError. */
const THROWN = / threw (\w+): (.*)/s;

export interface Interpreter {
  /** One endpoint for S3, SQS, STS and Step Functions. */
  readonly endpoint: string;
  stop(): Promise<void>;
}

/**
 * Starts moto with its interpreter of state machines.
 * @param invoke runs a function: payload in, payload out
 */
export async function startInterpreter(invoke: (payload: unknown) => Promise<unknown>): Promise<Interpreter> {
  const functions = createServer((request, response) => {
    void json(request)
      .then(invoke)
      .then(
        (answer) => response.end(JSON.stringify(answer)),
        (thrown: unknown) => {
          const text = thrown instanceof Error ? thrown.message : String(thrown);
          const [, errorType = 'Runtime.ExitError', errorMessage = text] = THROWN.exec(text) ?? [];
          response.setHeader('X-Amz-Function-Error', 'Unhandled');
          response.end(JSON.stringify({ errorType, errorMessage }));
        },
      );
  });
  functions.listen(0, '127.0.0.1');
  await once(functions, 'listening');
  const { port: functionsPort } = functions.address() as AddressInfo;
  const python = await preparePythonEnvironment('rehearsal', () => undefined);
  const child = spawn(python, [SCRIPT, `http://127.0.0.1:${functionsPort}`], { stdio: ['pipe', 'pipe', 'inherit'] });
  const [port] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  return {
    endpoint: `http://127.0.0.1:${port}`,
    stop: async () => {
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
      functions.close();
      functions.closeAllConnections();
    },
  };
}
