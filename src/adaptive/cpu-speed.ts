/**
 * Compression speed of the reference machine for statistics, in MB/s of the benchmark of
 * compression/measure-cpu-speed.ts: one idle core of an x86-64 server, 2026-11-23. The number is arbitrary, but must
 * never change.
 */
const REFERENCE_MEGABYTES_PER_SECOND = 45;

/**
 * The speed of a machine relative to the reference machine. CPU seconds times this are those of the reference machine.
 */
export function relativeCpuSpeed(megabytesPerSecond: number): number {
  return megabytesPerSecond / REFERENCE_MEGABYTES_PER_SECOND;
}
