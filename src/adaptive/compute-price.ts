import type { UnitPrices } from '../configuration/schema/unit-prices.ts';

/** Lambda gives one vCPU for 1,769 MB (Lambda developer guide, "Memory"), and bills a GB of 1,024 MB. */
const LAMBDA_GIGABYTES_A_VCPU = 1769 / 1024;
const SECONDS_AN_HOUR = 3600;

/** Size of a Fargate task. */
export interface TaskSize {
  /** CPU units; 1,024 are one vCPU. */
  readonly cpu: number;
  readonly memoryMebibytes: number;
}

/** USD of a second of one vCPU in a function. */
export function functionVcpuSecond({ lambda_gb_second }: Pick<UnitPrices, 'lambda_gb_second'>): number {
  return lambda_gb_second * LAMBDA_GIGABYTES_A_VCPU;
}

/**
 * USD of a second of one vCPU in a Fargate task, with its share of the task's memory. On demand: the price of Spot floats, and
 * a level that pays on demand pays on Spot.
 */
export function taskVcpuSecond(
  { fargate_vcpu_hour, fargate_gb_hour }: Pick<UnitPrices, 'fargate_vcpu_hour' | 'fargate_gb_hour'>,
  { cpu, memoryMebibytes }: TaskSize,
): number {
  const gigabytesAVcpu = memoryMebibytes / cpu;
  return (fargate_vcpu_hour + fargate_gb_hour * gigabytesAVcpu) / SECONDS_AN_HOUR;
}
