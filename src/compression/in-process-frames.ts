import { WorkerLostError } from './errors.ts';
import type {
  CompressedFrame,
  CompressFrameTask,
  FrameResult,
  FrameTask,
  ProbedFrame,
  ProbeFrameTask,
  RestoredFrame,
  RestoreFrameTask,
} from './frame-contract.ts';
import { frameError } from './frame-error.ts';
import type { FrameCompression, FrameRestoration } from './frame-pool.ts';
import { runFrameTask } from './run-frame-task.ts';

/** Works on the calling thread: for a command, which has few frames to work on and no threads to start. */
export class InProcessFrames implements FrameCompression, FrameRestoration {
  readonly threads = 1;

  compress(task: CompressFrameTask): Promise<CompressedFrame> {
    return answer(task, 'compressed');
  }

  probe(task: ProbeFrameTask): Promise<ProbedFrame> {
    return answer(task, 'probed');
  }

  restore(task: RestoreFrameTask): Promise<RestoredFrame> {
    return answer(task, 'restored');
  }
}

function answer<Kind extends FrameResult['kind']>(
  task: FrameTask,
  kind: Kind,
): Promise<Extract<FrameResult, { kind: Kind }>> {
  return new Promise((resolve) => {
    const result = runFrameTask(task);
    if (result.kind === 'failed') throw frameError(result);
    if (!isOfKind(result, kind)) throw new WorkerLostError(`A task "${task.kind}" was answered with "${result.kind}"`);
    resolve(result);
  });
}

function isOfKind<Kind extends FrameResult['kind']>(
  result: FrameResult,
  kind: Kind,
): result is Extract<FrameResult, { kind: Kind }> {
  return result.kind === kind;
}
