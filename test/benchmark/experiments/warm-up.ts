import type { Workload } from '../workloads.ts';

/**
 * Objects like the measured ones, but none of them: after these, code is compiled, threads run and sockets are open.
 */
export const WARM_UP_RECORDS: Workload = { corpus: 'records', size: 10_000, count: 1000, first: 900_000 };
export const WARM_UP_LOGS: Workload = { corpus: 'logs', size: 1_000_000, count: 20, first: 900_000 };
export const NO_WARM_UP: Workload = { corpus: 'records', size: 10_000, count: 0 };
