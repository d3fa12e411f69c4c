import { spawn } from 'node:child_process';
import { endWithParent } from './end-with-parent.ts';

/** Lines of a failed installer that an error quotes: the reason is among its last ones. */
const QUOTED_LINES = 12;

export interface InstallerFailure {
  /** Null when the installer was killed. */
  readonly status: number | null;
  readonly lastLines: string;
}

/**
 * Runs an installer without showing its output. It ends with this process.
 * @returns undefined when it succeeded
 * @throws the system's error if the command cannot be started
 */
export async function runInstaller(
  command: string,
  args: readonly string[],
  folder?: string,
): Promise<InstallerFailure | undefined> {
  const output: string[] = [];
  const bound = endWithParent(command, args);
  const child = spawn(bound.command, bound.args, {
    cwd: folder ?? process.cwd(),
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => output.push(text));
  }
  const status = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject).once('close', resolve);
  });
  if (status === 0) return undefined;
  return { status, lastLines: output.join('').trim().split('\n').slice(-QUOTED_LINES).join('\n') };
}
