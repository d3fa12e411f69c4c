import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, relative } from 'node:path';
import type { CommandContext } from '../command/cli-command.ts';
import { INTERRUPTED } from '../command/run-cli.ts';
import { DemoInputError } from './errors.ts';
import { type DemoOptions, parseDemoOptions } from './options.ts';
import { createProgress, type Progress } from './progress.ts';
import { renderReport } from './report/render-report.ts';
import { type DemoResult, isFlawless, numbersOf } from './result.ts';
import { renderResultTable } from './result-table.ts';
import { runDemo } from './run-demo.ts';
import { verdictOf } from './verdict.ts';
import { openWorkspace } from './workspace.ts';

/**
 * `s3xrc demo`: see docs/demo.md.
 * @returns 0 when every object arrived unaltered, 1 when not, 130 after Ctrl-C
 * @throws DemoInputError, DemoFailedError, ConfigurationInvalidError
 */
export async function runDemoCommand(args: readonly string[], { print, signal }: CommandContext): Promise<number> {
  const written: Promise<void>[] = [];
  const options = parseDemoOptions(args, (text) => written.push(print(text)));
  await Promise.all(written);
  if (options === undefined) return 0;
  await using cleanup = new AsyncDisposableStack();
  const progress = createProgress(process.stdout);
  const restoreTerminal = (): void => {
    progress.close();
  };
  // A second Ctrl-C waits for no cleaning up, but is not to leave a terminal without its cursor.
  process.once('exit', restoreTerminal);
  cleanup.defer(restoreTerminal);
  endOnSignal(cleanup, signal);
  const workspace = await openWorkspace(cleanup);
  await makeFolders(options);
  const result = await runDemo(options, workspace, progress);
  progress.close();
  await writeResult(result, options, progress);
  return isFlawless(result) ? 0 : 1;
}

/** Ends child processes and removes files, then the process: whatever runs at that moment would only fail. */
function endOnSignal(cleanup: AsyncDisposableStack, signal: AbortSignal): void {
  signal.addEventListener('abort', () => {
    void cleanup.disposeAsync().finally(() => process.exit(INTERRUPTED));
  });
}

/** Before anything else is done, so that a run is not lost to a path that cannot be written. */
async function makeFolders({ json, report, archives }: DemoOptions): Promise<void> {
  const folders = [
    dirname(report),
    ...(json === undefined ? [] : [dirname(json)]),
    ...(archives === undefined ? [] : [archives]),
  ];
  for (const folder of folders) {
    try {
      await mkdir(folder, { recursive: true });
    } catch (cause) {
      throw new DemoInputError(`Folder ${folder} cannot be made: ${String(cause)}`, { context: { folder }, cause });
    }
  }
}

async function writeResult(result: DemoResult, { json, report }: DemoOptions, progress: Progress): Promise<void> {
  await writeFile(report, renderReport(result, new Date()));
  if (json !== undefined) await writeFile(json, `${JSON.stringify(numbersOf(result), null, 2)}\n`);
  progress.say(renderResultTable(result));
  progress.say(`Report: ${relative(process.cwd(), report)}`);
  progress.say(verdictOf(result));
}
