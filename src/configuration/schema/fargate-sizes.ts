const MEBIBYTES_PER_GIB = 1024;

interface FargateSize {
  /** Units; 1,024 are one vCPU. */
  readonly cpu: number;
  /** MiB that can be combined with it. */
  readonly memory: readonly number[];
}

/** The sizes of a Fargate task on Linux: Amazon ECS developer guide, "Task CPU and memory", read 2026-11-23. */
const FARGATE_SIZES: readonly FargateSize[] = [
  { cpu: 256, memory: [512, 1024, 2048] },
  { cpu: 512, memory: steps(1, 4, 1) },
  { cpu: 1024, memory: steps(2, 8, 1) },
  { cpu: 2048, memory: steps(4, 16, 1) },
  { cpu: 4096, memory: steps(8, 30, 1) },
  { cpu: 8192, memory: steps(16, 60, 4) },
  { cpu: 16_384, memory: steps(32, 120, 8) },
];

export const FARGATE_CPUS: readonly number[] = FARGATE_SIZES.map(({ cpu }) => cpu);

/** MiB of memory that a task with this number of CPU units may have; empty if no task has that number. */
export function fargateMemories(cpu: number): readonly number[] {
  return FARGATE_SIZES.find((size) => size.cpu === cpu)?.memory ?? [];
}

/** @returns MiB of `from` to `to` GiB */
function steps(from: number, to: number, step: number): number[] {
  return Array.from({ length: (to - from) / step + 1 }, (_, index) => (from + index * step) * MEBIBYTES_PER_GIB);
}
