import type { CommandContext } from '../command/cli-command.ts';
import { INTERRUPTED } from '../command/run-cli.ts';
import { shortPath } from '../command/short-path.ts';
import {
  type ExistingResult,
  existingVerdict,
  isExistingFlawless,
  renderExisting,
} from './existing/existing-result.ts';
import { runExisting } from './existing/run-existing.ts';
import { type DemoOptions, parseDemoOptions, STANDARD_OUTPUT } from './options.ts';
import { prepareOutputs, writeOutputs } from './output-files.ts';
import { createProgress, type Progress } from './progress.ts';
import { renderReport } from './report/render-report.ts';
import { type DemoResult, isFlawless, numbersOf } from './result.ts';
import { renderResultTable } from './result-table.ts';
import { runDemo } from './run-demo.ts';
import { verdictOf } from './verdict.ts';
import { openWorkspace } from './workspace.ts';

const NAMED_PROBLEMS = 20;

/**
 * `s3xrc demo`: see docs/demo.md.
 * @returns 0 if every object arrived unaltered, otherwise 1; 130 after Ctrl-C
 * @throws DemoInputError, DemoFailedError, InvalidConfigurationError
 */
export async function runDemoCommand(
  args: readonly string[],
  { print, note, signal }: CommandContext,
): Promise<number> {
  const written: Promise<void>[] = [];
  const options = parseDemoOptions(args, (text) => written.push(print(text)));
  await Promise.all(written);
  if (options === undefined) return 0;
  await using cleanup = new AsyncDisposableStack();
  const progress = createProgress(options.json === STANDARD_OUTPUT ? process.stderr : process.stdout);
  const restoreTerminal = (): void => {
    progress.close();
  };
  // A second Ctrl-C does not wait for the cleanup, but must not leave the terminal without its cursor.
  process.once('exit', restoreTerminal);
  cleanup.defer(restoreTerminal);
  endOnSignal(cleanup, signal);
  await prepareOutputs(options);
  const workspace = await openWorkspace(cleanup);
  if (options.existing !== undefined) {
    const existing = await runExisting(options, workspace, progress, signal);
    progress.close();
    if (options.json === STANDARD_OUTPUT) await print(`${JSON.stringify(existing, null, 2)}\n`);
    const problems = await showExisting(existing, options, progress);
    for (const problem of problems) note(`error: ${problem}`);
    return isExistingFlawless(existing) && problems.length === 0 ? 0 : 1;
  }
  const { result, problems } = await runDemo(options, workspace, progress);
  progress.close();
  if (options.json === STANDARD_OUTPUT) await print(`${JSON.stringify(numbersOf(result), null, 2)}\n`);
  const unwritten = [...problems, ...(await showResult(result, options, progress))];
  for (const problem of unwritten) note(`error: ${problem}`);
  return isFlawless(result) && unwritten.length === 0 ? 0 : 1;
}

/** Ends child processes and removes files, then ends the process, since work still in progress would only fail. */
function endOnSignal(cleanup: AsyncDisposableStack, signal: AbortSignal): void {
  signal.addEventListener('abort', () => {
    void cleanup.disposeAsync().finally(() => process.exit(INTERRUPTED));
  });
}

/** @returns what could not be written */
async function showExisting(result: ExistingResult, { json }: DemoOptions, progress: Progress): Promise<string[]> {
  progress.say(renderExisting(result));
  const wrong = [
    ...result.problems,
    ...result.deadLetters.map(({ queue, code, reason }) => `dead letter in the ${queue}: ${code}, ${reason}`),
    ...result.verification.findings.map(
      ({ region, key, differences }) => `${region} ${key}: ${differences.join('; ')}`,
    ),
  ];
  for (const problem of wrong.slice(0, NAMED_PROBLEMS)) progress.say(`  ${problem}`);
  const problems = typeof json === 'string' ? await writeOutputs([[json, `${JSON.stringify(result, null, 2)}\n`]]) : [];
  progress.say(existingVerdict(result));
  return problems;
}

/** @returns what could not be written; the table is printed even if files fail */
async function showResult(result: DemoResult, { json, report }: DemoOptions, progress: Progress): Promise<string[]> {
  progress.say(renderResultTable(result));
  const problems = await writeOutputs([[report, renderReport(result, new Date())]]);
  if (problems.length === 0) progress.say(`Report: ${shortPath(report)}`);
  if (typeof json === 'string') {
    problems.push(...(await writeOutputs([[json, `${JSON.stringify(numbersOf(result), null, 2)}\n`]])));
  }
  progress.say(verdictOf(result));
  return problems;
}
