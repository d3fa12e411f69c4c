import { describe, expect, test } from '@jest/globals';
import type { BackfillExecutions, ExecutionState, FileProgress } from '../../../../src/backfill/executions.ts';
import { followExecution } from '../../../../src/cli/backfill/follow-execution.ts';
import { UsageError } from '../../../../src/cli/command/errors.ts';

const EXECUTION = 'arn:aws:states:eu-west-1:111122223333:execution:app-backfill:rule-1';
const RESULTS = '_step-functions/rule-1/results/run';

interface Look {
  readonly state: ExecutionState;
  readonly progress?: FileProgress;
}

function files(succeeded: number, failed: number, total = 3): FileProgress {
  return { mapRun: 'run', total, succeeded, failed, running: total - succeeded - failed };
}

/** An execution that is in these states, one per read. */
function executionsOf(looks: readonly Look[]): BackfillExecutions & { redriven: number } {
  let look = 0;
  return {
    redriven: 0,
    start: () => Promise.resolve(EXECUTION),
    describe: () => Promise.resolve(looks[Math.min(look, looks.length - 1)]?.state),
    progress: () => {
      const seen = looks[Math.min(look, looks.length - 1)]?.progress;
      look += 1;
      return Promise.resolve(seen);
    },
    redrive() {
      this.redriven += 1;
      return Promise.resolve();
    },
  };
}

async function follow(
  executions: BackfillExecutions,
  { objects = {}, redrive = false, json = false, signal = new AbortController().signal } = {},
): Promise<{ readonly status: number; readonly printed: string; readonly notes: readonly string[] }> {
  const notes: string[] = [];
  let printed = '';
  const context = {
    program: 's3xrc',
    signal,
    note: (text: string) => void notes.push(text),
    print: (data: string | Uint8Array) => {
      printed += String(data);
      return Promise.resolve();
    },
  };
  const followed = { execution: EXECUTION, rule: 'rule', bucket: 'progress', redrive, json };
  const stored: Readonly<Record<string, unknown>> = objects;
  const read = (key: string): Promise<string | undefined> =>
    Promise.resolve(key in stored ? JSON.stringify(stored[key]) : undefined);
  const status = await followExecution(followed, { executions, read, context, interval: 1 });
  return { status, printed, notes };
}

const counts = { listed: 10, queued: 7, queuedBytes: 700, leftOut: 2, archived: 1 };
const succeeded = { Output: JSON.stringify({ file: 'data/1', counts }) };
const failed = {
  Input: JSON.stringify({ file: { key: 'data/2' } }),
  Error: 'InvalidInventoryError',
  Cause: 'it is torn',
};

function results(failures: readonly object[]): Record<string, unknown> {
  const FAILED = failures.length === 0 ? [] : [{ Key: 'f' }];
  const manifest = { ResultFiles: { FAILED, PENDING: [], SUCCEEDED: [{ Key: 's' }] } };
  return { [`${RESULTS}/manifest.json`]: manifest, s: [succeeded, succeeded], f: failures };
}

describe('an execution', () => {
  test('is followed to its end, with the sum of its results', async () => {
    const looks = [
      { state: { status: 'RUNNING' } },
      { state: { status: 'RUNNING' }, progress: files(0, 0, 0) },
      { state: { status: 'RUNNING' }, progress: files(1, 0) },
      { state: { status: 'SUCCEEDED' }, progress: files(3, 0) },
    ];
    const { status, printed, notes } = await follow(executionsOf(looks), { objects: results([]) });
    expect(status).toBe(0);
    expect(printed).toBe(
      `Queued 14 objects, 1.4 KB, of 20 listed; 2 objects in archived classes skipped. Results: s3://progress/${RESULTS}/\n`,
    );
    expect(notes).toEqual([
      'Execution rule-1',
      'reading the list of data files',
      expect.stringMatching(/^1 of 3 data files done, 2 in progress/),
      expect.stringMatching(/^3 of 3 data files done, 0 in progress/),
    ]);
  });

  test('that tolerated failures fails the command, which names the files', async () => {
    const looks = [{ state: { status: 'SUCCEEDED' }, progress: files(2, 1) }];
    const { status, notes } = await follow(executionsOf(looks), { objects: results([failed]) });
    expect(status).toBe(1);
    expect(notes).toContain('not queued: data/2: InvalidInventoryError: it is torn');
    expect(notes.at(-1)).toBe(
      'Some objects of 1 data file were not queued. To find and queue them: s3xrc backfill rule --missing',
    );
  });

  test('that failed says why, and how to resume it', async () => {
    const state = { status: 'FAILED', reason: 'States.ExceedToleratedFailureThreshold: too many' };
    const { status, printed, notes } = await follow(executionsOf([{ state, progress: files(1, 2) }]), { json: true });
    expect(status).toBe(1);
    expect(JSON.parse(printed)).toMatchObject({ status: 'FAILED', files: { total: 3, failed: 2 }, queued: 0 });
    expect(notes.at(-1)).toBe(
      'The execution is FAILED: States.ExceedToleratedFailureThreshold: too many. Fix the cause, then resume it: s3xrc backfill rule --engine step-functions --follow rule-1 --resume',
    );
  });

  test.each([
    ['FAILED', 1],
    ['TIMED_OUT', 1],
    ['ABORTED', 1],
    ['SUCCEEDED', 0],
    ['RUNNING', 0],
  ])('that is %s is redriven %d times', async (status, times) => {
    const executions = executionsOf([{ state: { status } }, { state: { status: 'SUCCEEDED' } }]);
    await follow(executions, { redrive: true });
    expect(executions.redriven).toBe(times);
  });

  test('that does not exist is a usage error', async () => {
    await expect(follow(executionsOf([]))).rejects.toThrow(UsageError);
  });

  test('continues when the command is interrupted', async () => {
    const interrupted = new AbortController();
    const looks = [{ state: { status: 'RUNNING' }, progress: files(1, 0) }];
    const executions = executionsOf(looks);
    const following = follow(
      {
        ...executions,
        progress: () => {
          interrupted.abort(new Error('Ctrl-C'));
          return executions.progress(EXECUTION);
        },
      },
      { signal: interrupted.signal },
    );
    await expect(following).rejects.toThrow('Ctrl-C');
  });
});
