import { setTimeout as sleep } from 'node:timers/promises';
import type { WorkerService } from '../../../../local-cloud/worker-service.ts';

/** Milliseconds after a task receives work: enough to be in the middle of it. */
const HEAD_START_MILLISECONDS = 150;
const TAKEN = '"message":"Work taken"';

/** The fate of one side's tasks under `--faults`: the first is killed while working, the next one reclaimed. */
export class TaskFaultInjector {
  #kills = 0;
  #reclaims = 0;

  get kills(): number {
    return this.#kills;
  }

  get reclaims(): number {
    return this.#reclaims;
  }

  /** @param line of output that a task has written */
  follow(line: string, service: WorkerService): void {
    if (!line.includes(TAKEN)) return;
    if (this.#kills === 0) {
      this.#kills = 1;
      void sleep(HEAD_START_MILLISECONDS).then(() => {
        service.kill();
      });
    } else if (this.#reclaims === 0) {
      this.#reclaims = 1;
      void sleep(HEAD_START_MILLISECONDS).then(() => service.reclaim());
    }
  }
}
