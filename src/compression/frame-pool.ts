import { Piscina } from 'piscina';
import { WorkerLostError } from './errors.ts';
import {
  type CompressedFrame,
  type CompressFrameTask,
  type FrameResult,
  type FrameTask,
  frameBuffersOf,
  type ProbedFrame,
  type ProbeFrameTask,
  type RestoredFrame,
  type RestoreFrameTask,
} from './frame-contract.ts';
import { frameError } from './frame-error.ts';

export interface FramePoolOptions {
  /** Module of the worker: frame-worker.ts, or its bundle. */
  readonly worker: URL;
  /** One per vCPU: the main thread mostly waits for S3. */
  readonly threads: number;
}

/** Where frames are compressed; the pool, or a stand-in of a test. */
export interface FrameCompression {
  readonly threads: number;
  compress(task: CompressFrameTask): Promise<CompressedFrame>;
  probe(task: ProbeFrameTask): Promise<ProbedFrame>;
}

/** Where frames are restored. */
export interface FrameRestoration {
  readonly threads: number;
  restore(task: RestoreFrameTask): Promise<RestoredFrame>;
}

/** The worker threads. One pool per process; it lives through all invocations of a warm function. */
export class FramePool implements FrameCompression, FrameRestoration {
  readonly threads: number;
  readonly #pool: Piscina<FrameTask, FrameResult>;

  constructor(options: FramePoolOptions) {
    this.threads = options.threads;
    this.#pool = new Piscina({
      filename: options.worker.href,
      minThreads: options.threads,
      maxThreads: options.threads,
      concurrentTasksPerWorker: 1,
    });
  }

  /** @throws WorkerLostError */
  async compress(task: CompressFrameTask): Promise<CompressedFrame> {
    const result = await this.#run(task);
    if (result.kind !== 'compressed')
      throw new WorkerLostError(`A worker answered "${result.kind}" instead of compressing a frame`);
    return result;
  }

  /**
   * Tries levels on a sample of a frame.
   * @throws WorkerLostError
   */
  async probe(task: ProbeFrameTask): Promise<ProbedFrame> {
    const result = await this.#run(task);
    if (result.kind !== 'probed')
      throw new WorkerLostError(`A worker answered "${result.kind}" instead of probing a frame`);
    return result;
  }

  /**
   * How fast this machine compresses, in MB of text per second of CPU time.
   * @throws WorkerLostError
   */
  async measureSpeed(): Promise<number> {
    const result = await this.#run({ kind: 'measure-speed' });
    if (result.kind !== 'speed')
      throw new WorkerLostError(`A worker answered "${result.kind}" instead of measuring its speed`);
    return result.megabytesPerSecond;
  }

  /**
   * Restores a frame and checks its members.
   * @throws CorruptArchiveError, ObjectChecksumError, WorkerLostError
   */
  async restore(task: RestoreFrameTask): Promise<RestoredFrame> {
    const result = await this.#run(task);
    if (result.kind === 'failed') throw frameError(result);
    if (result.kind !== 'restored')
      throw new WorkerLostError(`A worker answered "${result.kind}" instead of restoring a frame`);
    return result;
  }

  async close(): Promise<void> {
    await this.#pool.destroy();
  }

  async #run(task: FrameTask): Promise<FrameResult> {
    try {
      return await this.#pool.run(task, { transferList: frameBuffersOf(task) });
    } catch (cause) {
      throw new WorkerLostError('A compression worker ended in the middle of a frame', { cause });
    }
  }
}
