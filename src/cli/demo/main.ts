import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, relative } from 'node:path';
import { ConfigurationInvalidError } from '../../configuration/errors.ts';
import { CompressorError } from '../../errors.ts';
import { DemoInputError } from './errors.ts';
import { type DemoOptions, parseDemoOptions } from './options.ts';
import { createProgress, type Progress } from './progress.ts';
import { renderReport } from './report/render-report.ts';
import { type DemoResult, isFlawless, numbersOf } from './result.ts';
import { renderResultTable } from './result-table.ts';
import { runDemo } from './run-demo.ts';
import { verdictOf } from './verdict.ts';
import { openWorkspace } from './workspace.ts';

/** `npm run demo`: see docs/demo.md. */
const EXIT = { flawless: 0, imperfect: 1, unusable: 2, interrupted: 130 } as const;

async function main(): Promise<number> {
  const options = parseDemoOptions(process.argv.slice(2), (text) => process.stdout.write(text));
  if (options === undefined) return EXIT.flawless;
  await using cleanup = new AsyncDisposableStack();
  const progress = createProgress(process.stdout);
  cleanup.defer(() => {
    progress.close();
  });
  endOnSignals(cleanup);
  const workspace = await openWorkspace(cleanup);
  await makeFolders(options);
  const result = await runDemo(options, workspace, progress);
  progress.close();
  await writeResult(result, options, progress);
  return isFlawless(result) ? EXIT.flawless : EXIT.imperfect;
}

const interruption = new AbortController();

/** Ends child processes and removes files before the process goes; a second signal does not wait for that. */
function endOnSignals(cleanup: AsyncDisposableStack): void {
  const interrupt = (): void => {
    if (interruption.signal.aborted) process.exit(EXIT.interrupted);
    interruption.abort();
    process.exitCode = EXIT.interrupted;
    void cleanup.disposeAsync().finally(() => process.exit(EXIT.interrupted));
  };
  process.on('SIGINT', interrupt).on('SIGTERM', interrupt);
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

try {
  process.exitCode = await main();
} catch (thrown) {
  // After a signal everything fails, because everything is being ended.
  if (!interruption.signal.aborted) process.exitCode = complain(thrown);
}

/** @returns the exit status */
function complain(thrown: unknown): number {
  // What we throw on purpose says what is wrong; of anything else, the stack is the only clue.
  const stack = thrown instanceof Error ? thrown.stack : String(thrown);
  process.stderr.write(`${thrown instanceof CompressorError ? thrown.message : stack}\n`);
  const unusable = thrown instanceof DemoInputError || thrown instanceof ConfigurationInvalidError;
  return unusable ? EXIT.unusable : EXIT.imperfect;
}
