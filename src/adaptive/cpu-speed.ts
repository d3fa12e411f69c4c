/**
 * Compression speed of the machine that statistics are told for, in MB/s of the benchmark of compression/measure-cpu-speed.ts:
 * one idle core of an x86-64 server, 2026-11-23. Any number would do; it must only never change.
 */
const REFERENCE_MEGABYTES_PER_SECOND = 45;

/** How fast a machine is, the reference machine being 1. CPU seconds times this are those of the reference machine. */
export function relativeCpuSpeed(megabytesPerSecond: number): number {
  return megabytesPerSecond / REFERENCE_MEGABYTES_PER_SECOND;
}
