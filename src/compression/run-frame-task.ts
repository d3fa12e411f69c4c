import { crc32 } from '../archive/checksum.ts';
import { ObjectChecksumError } from '../archive/errors.ts';
import { assembleFrame, verifyFrame } from '../archive/frame-bytes.ts';
import { CompressorError } from '../errors.ts';
import type {
  CompressedFrame,
  CompressFrameTask,
  FailedFrame,
  FrameResult,
  FrameTask,
  RestoredFrame,
  RestoreFrameTask,
} from './frame-contract.ts';
import { FrameCompressor, FrameDecompressor } from './zstd-frames.ts';

const compressor = new FrameCompressor();
const decompressor = new FrameDecompressor();

/** One frame's work, on the thread it is called on. Tests call it directly; frame-worker.ts runs it in the pool. */
export function runFrameTask(task: FrameTask): FrameResult {
  const before = process.threadCpuUsage();
  const cpuSeconds = (): number => {
    const { user, system } = process.threadCpuUsage(before);
    return (user + system) / 1e6;
  };
  return task.kind === 'compress' ? compressFrame(task, cpuSeconds) : restoreFrame(task, cpuSeconds);
}

function compressFrame(task: CompressFrameTask, cpuSeconds: () => number): CompressedFrame {
  const { input, output } = task;
  const tar = new Uint8Array(input);
  const { size, offsets, checksums } = assembleFrame(tar, task.slices, task.endsTar);
  const bytes = new Uint8Array(output);
  const compressed = compressor.compress(bytes, tar.subarray(0, size), task.level);
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
  };
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
