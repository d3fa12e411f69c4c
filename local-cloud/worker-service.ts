import { WorkerTaskError } from './errors.ts';
import { WorkerTask, type WorkerTaskOptions } from './worker-service/worker-task.ts';

/** Runs fallback tasks as an ECS service with a desired count of one does: a task that ends is replaced. */
export class WorkerService {
  readonly #options: WorkerTaskOptions;
  readonly #failure = Promise.withResolvers<never>();
  #task: WorkerTask | undefined;
  #tasks = 0;
  #stopping = false;

  constructor(options: WorkerTaskOptions) {
    this.#options = options;
    this.#failure.promise.catch(() => undefined);
  }

  /** Tasks that were started so far. */
  get tasks(): number {
    return this.#tasks;
  }

  start(): void {
    this.#tasks += 1;
    const task = new WorkerTask(this.#options);
    this.#task = task;
    task.ended.then(
      ({ status }) => {
        // A task that fails on its own would fail forever: its configuration or its code is wrong.
        if (status !== null && status !== 0) this.#fail(status);
        else if (!this.#stopping) this.start();
      },
      (thrown: unknown) => {
        this.#failure.reject(thrown);
      },
    );
  }

  /** Ends the task as a lost machine would. */
  kill(): void {
    this.#task?.kill();
  }

  /** Ends the task as Spot does. Resolves when it has requeued what it had. */
  async reclaim(): Promise<void> {
    await this.#task?.reclaim();
  }

  /** Ends the task at once, without a replacement. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.kill();
    await this.#task?.ended;
  }

  /** The value of `work`, or the failure of a task, whichever comes first. @throws WorkerTaskError */
  orFailure<T>(work: Promise<T>): Promise<T> {
    return Promise.race([this.#failure.promise, work]);
  }

  #fail(status: number): void {
    this.#failure.reject(
      new WorkerTaskError(`A fallback task ended with exit status ${status}`, { context: { status } }),
    );
  }
}
