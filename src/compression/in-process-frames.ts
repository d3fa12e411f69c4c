import { WorkerLostError } from './errors.ts';
import type { RestoredFrame, RestoreFrameTask } from './frame-contract.ts';
import { frameError } from './frame-error.ts';
import type { FrameRestoration } from './frame-pool.ts';
import { runFrameTask } from './run-frame-task.ts';

/** Restores frames on the calling thread: for a command, which has one archive to read and no threads to start. */
export class InProcessFrames implements FrameRestoration {
  readonly threads = 1;

  restore(task: RestoreFrameTask): Promise<RestoredFrame> {
    return new Promise((resolve) => {
      const result = runFrameTask(task);
      if (result.kind === 'failed') throw frameError(result);
      if (result.kind !== 'restored') throw new WorkerLostError(`${result.kind} was answered to a frame to restore`);
      resolve(result);
    });
  }
}
