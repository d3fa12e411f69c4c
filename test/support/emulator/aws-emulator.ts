import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { preparePythonEnvironment } from '../../../local-cloud/python-environment.ts';

const SCRIPT = fileURLToPath(new URL('./serve.py', import.meta.url));
const POLL_MS = 100;

/** The account of the emulator. */
export const EMULATED_ACCOUNT = '111122223333';

/** AWS with CloudFormation on this machine; serve.py lists the patches. */
export interface AwsEmulator {
  /** All services and all regions. */
  readonly endpoint: string;
  stop(): Promise<void>;
}

/** @throws what `preparePythonEnvironment` throws; an Error with its output if it ends at once */
export async function startAwsEmulator(): Promise<AwsEmulator> {
  const python = await preparePythonEnvironment('emulator', () => undefined);
  const child = spawn(python, [SCRIPT], { stdio: ['pipe', 'pipe', 'pipe'], env: { PATH: process.env['PATH'] } });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const ended = once(child, 'exit');
  const line = once(createInterface({ input: child.stdout }), 'line') as Promise<[string]>;
  const [port] = await Promise.race([line, ended.then(() => Promise.reject(new Error(`ministack ended:\n${said}`)))]);
  const endpoint = `http://127.0.0.1:${port}`;
  await untilAnswering(endpoint, child);
  return {
    endpoint,
    stop: async () => {
      if (child.exitCode === null) child.kill('SIGKILL');
      await ended;
    },
  };
}

/** The port is known before the emulator listens on it. */
async function untilAnswering(endpoint: string, child: ChildProcess): Promise<void> {
  while (child.exitCode === null) {
    const isUp = await fetch(endpoint).then(
      () => true,
      () => false,
    );
    if (isUp) return;
    await sleep(POLL_MS);
  }
}
