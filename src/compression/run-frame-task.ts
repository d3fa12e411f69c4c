import { crc32 } from '../archive/checksum.ts';
import { ObjectChecksumError } from '../archive/errors.ts';
import { assembleFrame, verifyFrame } from '../archive/frame-bytes.ts';
import { CompressorError } from '../errors.ts';
import { startCpuClock } from './cpu-clock.ts';
import type {
  CompressedFrame,
  CompressFrameTask,
  FailedFrame,
  FrameLevels,
  FrameResult,
  FrameTask,
  ProbedFrame,
  ProbeFrameTask,
  RestoredFrame,
  RestoreFrameTask,
} from './frame-contract.ts';
import { measureCpuSpeed } from './measure-cpu-speed.ts';
import { LevelProbe } from './probe-levels.ts';
import { FrameCompressor, FrameDecompressor } from './zstd-frames.ts';

const compressor = new FrameCompressor();
const decompressor = new FrameDecompressor();
const probe = new LevelProbe(compressor);

/** One frame's work, on the thread it is called on. Tests call it directly; frame-worker.ts runs it in the pool. */
export function runFrameTask(task: FrameTask): FrameResult {
  switch (task.kind) {
    case 'compress':
      return compressFrame(task, startCpuClock());
    case 'restore':
      return restoreFrame(task, startCpuClock());
    case 'probe':
      return probeFrame(task);
    case 'measure-speed':
      return { kind: 'speed', megabytesPerSecond: measureCpuSpeed(compressor, startCpuClock) };
  }
}

function probeFrame({ input, size, levels }: ProbeFrameTask): ProbedFrame {
  return { kind: 'probed', input, ...probe.probe(new Uint8Array(input, 0, size), levels, startCpuClock) };
}

function compressFrame(task: CompressFrameTask, cpuSeconds: () => number): CompressedFrame {
  const { input, output } = task;
  const tar = new Uint8Array(input);
  const { size, offsets, checksums } = assembleFrame(tar, task.slices, task.endsTar);
  const bytes = new Uint8Array(output);
  const { level, test } = settleLevel(task.levels, tar.subarray(0, size));
  const compressed = compressor.compress(bytes, tar.subarray(0, size), level);
  const frameChecksum = crc32(bytes.subarray(0, compressed));
  return {
    kind: 'compressed',
    input,
    output,
    compressed,
    decompressed: size,
    offsets,
    checksums,
    frameChecksum,
    cpuSeconds: cpuSeconds(),
    level,
    ...(test === undefined ? {} : { test }),
  };
}

function settleLevel({ level, ifPacked }: FrameLevels, frame: Uint8Array): Pick<CompressedFrame, 'level' | 'test'> {
  if (ifPacked === undefined) return { level };
  const fraction = probe.test(frame);
  const isPacked = fraction > ifPacked.above;
  return { level: isPacked ? ifPacked.level : level, test: { fraction, isPacked } };
}

function restoreFrame(task: RestoreFrameTask, cpuSeconds: () => number): RestoredFrame | FailedFrame {
  const { input, output } = task;
  const failed = (reason: FailedFrame['reason'], error: unknown): FailedFrame => {
    const message = error instanceof Error ? error.message : String(error);
    return { kind: 'failed', reason, message, input, output };
  };
  const tar = new Uint8Array(output, 0, task.decompressed);
  try {
    decompressor.decompress(tar, new Uint8Array(input, 0, task.compressed), task.decompressed);
  } catch (error) {
    return failed('frame', error);
  }
  try {
    return { kind: 'restored', input, output, checksums: verifyFrame(tar, task.slices), cpuSeconds: cpuSeconds() };
  } catch (error) {
    if (!(error instanceof CompressorError)) throw error;
    return failed(error instanceof ObjectChecksumError ? 'checksum' : 'member', error);
  }
}
