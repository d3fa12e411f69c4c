import { move, transferableSymbol, valueSymbol } from 'piscina';
import { type FrameResult, type FrameTask, frameBuffersOf } from './frame-contract.ts';
import { runFrameTask } from './run-frame-task.ts';

/**
 * Entry of a pool thread. `move` only looks at the top-level return value, so the answer is wrapped in an object whose
 * two symbols tell piscina what to send (the answer) and what to transfer instead of copying (its buffers).
 */
export default function frameWorker(task: FrameTask): unknown {
  const result: FrameResult = runFrameTask(task);
  return move({
    [transferableSymbol]: frameBuffersOf(result) as unknown as object,
    [valueSymbol]: result,
  });
}
