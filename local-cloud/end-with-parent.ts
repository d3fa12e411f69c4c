/**
 * Runs a command and ends its whole process group when standard input closes: the kernel closes it if the parent
 * was killed. Otherwise the command's own child processes would keep running.
 */
const SCRIPT = 'exec 3<&0; { cat <&3; kill -KILL 0; } >/dev/null 2>&1 & exec 3<&-; "$@"';

export interface ShellCommand {
  readonly command: string;
  readonly args: readonly string[];
}

/**
 * A command line that ends when this process does, for any reason. It must be started with `detached: true`, which
 * makes it a separate process group (so that a terminal's Ctrl-C reaches only this process, which then ends it), and
 * with a pipe as standard input: destroying that pipe ends the group.
 */
export function endWithParent(command: string, args: readonly string[]): ShellCommand {
  return { command: 'sh', args: ['-c', SCRIPT, 'sh', command, ...args] };
}
