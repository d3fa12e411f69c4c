import { percentile } from '../../simulation-backlog/percentile.ts';
import { backlog, burst, trickle } from '../../simulation-backlog/scenarios.ts';
import { simulateBacklog } from '../../simulation-backlog/simulate-backlog.ts';
import type { Experiment } from '../experiment.ts';
import { atMost } from '../row.ts';

/** Defaults of a rule. */
const WINDOW = 20;
const CONCURRENCY = 20;

/**
 * From the last byte written of an object until it is restored, without S3's own replication. Both services run
 * unchanged on virtual time, because the emulated regions would account for most of the real time.
 */
export const latencyOfObjects: Experiment = {
  rows: [
    latencyRow('trickle', 'one object per second', WINDOW + 5),
    latencyRow('burst', '5,000 objects at once', WINDOW + 5),
    latencyRow('backlog', '50,000 objects that wait', 30),
  ],
  async run() {
    const measurements = [];
    for (const scenario of [trickle(WINDOW), burst(WINDOW), backlog(CONCURRENCY)]) {
      const { latencies, archives } = await simulateBacklog(scenario);
      const measured = percentile(latencies, 0.99);
      measurements.push({ measured, remark: `p50 ${percentile(latencies, 0.5).toFixed(1)} s, ${archives} archives` });
    }
    return measurements;
  },
};

function latencyRow(name: string, what: string, goal: number) {
  return {
    name: `latency-${name}`,
    title: `written to restored without S3's replication, p99, ${what}`,
    unit: 'seconds',
    goal: atMost(goal),
  } as const;
}
