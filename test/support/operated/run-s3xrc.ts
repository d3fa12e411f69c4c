import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../../src/cli/main.ts', import.meta.url));

export interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Surroundings {
  /** In addition to PATH; no other variables from the shell of the tests. */
  readonly env: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /** User that runs it, if root runs the tests. */
  readonly uid?: number;
  readonly gid?: number;
}

/** What a command needs to reach servers on this machine. */
export function accessTo(endpoint: string, region?: string): NodeJS.ProcessEnv {
  return {
    AWS_ENDPOINT_URL: endpoint,
    ...(region === undefined ? {} : { AWS_REGION: region }),
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
  };
}

/** Starts the real command in a separate process. */
export function startS3xrc(
  args: readonly string[],
  { env, ...rest }: Surroundings,
): ChildProcessByStdio<null, Readable, Readable> {
  return spawn(process.execPath, [MAIN, ...args], {
    ...rest,
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

/** Runs it until it ends. */
export async function runS3xrc(args: readonly string[], surroundings: Surroundings): Promise<Outcome> {
  const child = startS3xrc(args, surroundings);
  const ended = once(child, 'close') as Promise<[number | null]>;
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { status: (await ended)[0], stdout, stderr };
}
