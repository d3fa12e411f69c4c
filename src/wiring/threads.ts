/** Lambda gives CPU in proportion to memory: one vCPU for this many MB (Lambda developer guide, "Memory and CPU"). */
const MEGABYTES_PER_VCPU = 1769;

/**
 * Worker threads for the pool: one per vCPU that is really available.
 * @param memoryMegabytes of the Lambda function; absent outside Lambda
 */
export function countPoolThreads(processors: number, memoryMegabytes?: number): number {
  const granted = memoryMegabytes === undefined ? processors : Math.round(memoryMegabytes / MEGABYTES_PER_VCPU);
  return Math.max(1, Math.min(processors, granted));
}
