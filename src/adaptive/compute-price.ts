import type { UnitPrices } from '../configuration/schema/unit-prices.ts';

/** Lambda gives one vCPU for 1,769 MB (Lambda developer guide, "Memory"), and bills a GB of 1,024 MB. */
export const VCPU_MEGABYTES = 1769;
const LAMBDA_GIGABYTES_PER_VCPU = VCPU_MEGABYTES / 1024;
const SECONDS_PER_HOUR = 3600;
const CPU_UNITS_PER_VCPU = 1024;

/** Size of a Fargate task. */
export interface TaskSize {
  /** CPU units; 1,024 are one vCPU. */
  readonly cpu: number;
  readonly memoryMebibytes: number;
}

/** USD per second of one vCPU in a function. */
export function functionDollarsPerVcpuSecond({ lambda_gb_second }: Pick<UnitPrices, 'lambda_gb_second'>): number {
  return lambda_gb_second * LAMBDA_GIGABYTES_PER_VCPU;
}

/**
 * USD billed per second of a batch: all of the function's memory, even while it waits, or its slot's share of a task.
 * @param memoryMegabytes of the function; absent if nothing is deployed
 * @returns undefined when there is neither function nor task
 */
export function batchDollarsPerSecond(
  prices: Pick<UnitPrices, 'lambda_gb_second' | 'fargate_vcpu_hour' | 'fargate_gb_hour'>,
  memoryMegabytes: number | undefined,
  task: TaskSize | undefined,
  slots: number,
): number | undefined {
  if (task !== undefined) return (taskDollarsPerVcpuSecond(prices, task) * task.cpu) / CPU_UNITS_PER_VCPU / slots;
  return memoryMegabytes === undefined ? undefined : (prices.lambda_gb_second * memoryMegabytes) / 1024;
}

/**
 * USD per second of one vCPU in a Fargate task, with its share of the task's memory. The on-demand price, since that of
 * Spot varies; a level that pays off on demand also pays off on Spot.
 */
export function taskDollarsPerVcpuSecond(
  { fargate_vcpu_hour, fargate_gb_hour }: Pick<UnitPrices, 'fargate_vcpu_hour' | 'fargate_gb_hour'>,
  { cpu, memoryMebibytes }: TaskSize,
): number {
  const gigabytesPerVcpu = memoryMebibytes / cpu;
  return (fargate_vcpu_hour + fargate_gb_hour * gigabytesPerVcpu) / SECONDS_PER_HOUR;
}
