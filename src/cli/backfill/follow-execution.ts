import { setTimeout as delay } from 'node:timers/promises';
import type { BackfillExecutions, ExecutionState, FileProgress } from '../../backfill/executions.ts';
import { type FailedFile, parseResultManifest, readFailures, sumResults } from '../../backfill/file-results.ts';
import { addCounts, noCounts } from '../../backfill/run-backfill.ts';
import type { CommandContext } from '../command/cli-command.ts';
import { UsageError } from '../command/errors.ts';
import { formatBytes, formatCount, formatPlural } from '../command/numbers.ts';
import { printableKey } from '../command/printable-key.ts';
import { renderFiles } from './render-files.ts';

export interface FollowedExecution {
  /** ARN. */
  readonly execution: string;
  readonly rule: string;
  /** Of the results. */
  readonly bucket: string;
  /** Whether to restart failed files first. */
  readonly redrive: boolean;
  readonly json: boolean;
}

export interface FollowDependencies {
  readonly executions: BackfillExecutions;
  /** Text of an object of that bucket; undefined when it does not exist. */
  readonly read: (key: string) => Promise<string | undefined>;
  readonly context: CommandContext;
  /** Milliseconds between two polls. */
  readonly interval?: number;
}

/** Folder of an execution in the progress bucket; src/stacks/backfill.yaml allows no other. */
export function executionFolder(name: string): string {
  return `_step-functions/${name}`;
}

const INTERVAL_MILLISECONDS = 5000;
const UNDER_WAY: ReadonlySet<string> = new Set(['RUNNING', 'PENDING_REDRIVE']);
const REDRIVABLE: ReadonlySet<string> = new Set(['FAILED', 'TIMED_OUT', 'ABORTED']);
/** Max data files that are listed on the terminal. */
const NAMED_FILES = 20;

/**
 * Reports the progress of an execution until it has ended. Ctrl-C only ends the reports.
 * @returns 0 when all is queued, 1 when some data files failed
 * @throws UsageError, InvalidCheckpointError, the reason of the signal, and errors of AWS
 */
export async function followExecution(
  followed: FollowedExecution,
  { executions, read, context, interval = INTERVAL_MILLISECONDS }: FollowDependencies,
): Promise<number> {
  const { execution, redrive } = followed;
  const name = execution.split(':').at(-1) ?? execution;
  if (redrive) await redriveExecution(execution, executions, context);
  context.note(`Execution ${name}`);
  const started = performance.now();
  let begun: FileProgress | undefined;
  for (;;) {
    const state = await describe(execution, executions);
    const progress = await executions.progress(execution);
    begun ??= progress;
    if (progress !== undefined && begun !== undefined) {
      context.note(renderFiles(progress, begun, (performance.now() - started) / 1000));
    }
    if (!UNDER_WAY.has(state.status)) return await conclude(state, progress, followed, { read, context });
    try {
      await delay(interval, undefined, { signal: context.signal });
    } catch (aborted) {
      context.note(
        `The execution continues. To follow it: ${context.program} backfill ${followed.rule} --engine step-functions --follow ${name}\nTo stop it: aws stepfunctions stop-execution --execution-arn ${execution}`,
      );
      context.signal.throwIfAborted();
      throw aborted;
    }
  }
}

async function describe(execution: string, executions: BackfillExecutions): Promise<ExecutionState> {
  const state = await executions.describe(execution);
  if (state !== undefined) return state;
  throw new UsageError(`execution ${execution} does not exist`);
}

async function redriveExecution(
  execution: string,
  executions: BackfillExecutions,
  context: CommandContext,
): Promise<void> {
  const { status } = await describe(execution, executions);
  if (REDRIVABLE.has(status)) await executions.redrive(execution);
  else context.note(`The execution is ${status}: there is nothing to resume.`);
}

async function conclude(
  state: ExecutionState,
  progress: FileProgress | undefined,
  { rule, bucket, json, execution }: FollowedExecution,
  { read, context }: Pick<FollowDependencies, 'read' | 'context'>,
): Promise<number> {
  const name = execution.split(':').at(-1) ?? execution;
  const folder = `${executionFolder(name)}/results/${progress?.mapRun ?? ''}`;
  const manifest = progress === undefined ? undefined : await read(`${folder}/manifest.json`);
  const counts = noCounts();
  const failures: FailedFile[] = [];
  if (manifest !== undefined) {
    const { succeeded, failed } = parseResultManifest(manifest);
    for (const key of succeeded) addCounts(counts, sumResults((await read(key)) ?? '[]'));
    for (const key of failed) failures.push(...readFailures((await read(key)) ?? '[]'));
  }
  for (const { key, reason } of failures.slice(0, NAMED_FILES))
    context.note(`not queued: ${printableKey(key)}: ${reason}`);
  const failedFiles = Math.max(progress?.failed ?? 0, failures.length);
  const isWhole = state.status === 'SUCCEEDED' && failedFiles === 0;
  const results = `s3://${bucket}/${folder}/`;
  if (json) {
    const files = { total: progress?.total ?? 0, failed: failedFiles };
    await context.print(`${JSON.stringify({ rule, execution, status: state.status, files, ...counts, results })}\n`);
  } else {
    const { queued, queuedBytes, listed, archived } = counts;
    const cold = archived === 0 ? '' : `; ${formatPlural(archived, 'object')} in archived classes skipped`;
    await context.print(
      `Queued ${formatPlural(queued, 'object')}, ${formatBytes(queuedBytes)}, of ${formatCount(listed)} listed${cold}. Results: ${results}\n`,
    );
  }
  if (isWhole) return 0;
  const why = state.reason === undefined ? '' : `: ${state.reason}`;
  context.note(
    state.status === 'SUCCEEDED'
      ? `Some objects of ${formatPlural(failedFiles, 'data file')} were not queued. To find and queue them: ${context.program} backfill ${rule} --missing`
      : `The execution is ${state.status}${why}. Fix the cause, then resume it: ${context.program} backfill ${rule} --engine step-functions --follow ${name} --resume`,
  );
  return 1;
}
