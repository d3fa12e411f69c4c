import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));
const POLL_MILLISECONDS = 50;

export interface DemoOutcome {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunningDemo {
  readonly child: ChildProcess;
  readonly outcome: Promise<DemoOutcome>;
  /** Resolves when its output contains this text. */
  readonly printed: (text: string) => Promise<void>;
  /** Sends the signal to every process of the group, like a terminal. */
  readonly pressCtrlC: () => void;
}

/** Starts the demo as `npm run demo` does, in its own process group, with its output going to a pipe. */
export function startDemo(...args: readonly string[]): RunningDemo {
  return startCommand('demo', ...args);
}

/** Starts a command of s3xrc in the same way. */
export function startCommand(...args: readonly string[]): RunningDemo {
  const child = spawn(process.execPath, [MAIN, ...args], { detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  const waiting = new Set<() => void>();
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    for (const look of waiting) look();
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const outcome = once(child, 'close').then(([status, signal]) => ({
    status: status as number | null,
    signal: signal as NodeJS.Signals | null,
    stdout,
    stderr,
  }));
  const printed = (text: string): Promise<void> =>
    new Promise((resolve) => {
      const look = (): void => {
        if (!stdout.includes(text)) return;
        waiting.delete(look);
        resolve();
      };
      waiting.add(look);
      look();
    });
  const pressCtrlC = (): void => {
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGINT');
  };
  return { child, outcome, printed, pressCtrlC };
}

export function runDemo(...args: readonly string[]): Promise<DemoOutcome> {
  return startDemo(...args).outcome;
}

export interface ProcessEntry {
  readonly pid: number;
  readonly command: string;
}

/** All processes below this one, at any depth. */
export async function listDescendants(root: number): Promise<ProcessEntry[]> {
  const { stdout } = await promisify(execFile)('ps', ['-eo', 'pid=,ppid=,args=']);
  const entries = stdout.split('\n').flatMap((line) => {
    const [, pid, parent, command = ''] = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line) ?? [];
    return pid === undefined ? [] : [{ pid: Number(pid), parent: Number(parent), command }];
  });
  const below = (pid: number): ProcessEntry[] =>
    entries.filter(({ parent }) => parent === pid).flatMap((entry) => [entry, ...below(entry.pid)]);
  return below(root);
}

/** Those that are still running, without zombies. */
export async function listAlive(processes: readonly ProcessEntry[]): Promise<ProcessEntry[]> {
  const { stdout } = await promisify(execFile)('ps', ['-eo', 'pid=,stat=']);
  const running = new Set(
    stdout.split('\n').flatMap((line) => {
      const [, pid, state = ''] = /^\s*(\d+)\s+(\S+)/.exec(line) ?? [];
      return pid === undefined || state.startsWith('Z') ? [] : [Number(pid)];
    }),
  );
  return processes.filter(({ pid }) => running.has(pid));
}

/** Polls until the condition is true, or until the timeout of the test. */
export async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await sleep(POLL_MILLISECONDS);
}
