import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { access, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import zstd from 'zstd-napi/binding.js';
import type { SampleResult, SolidStreamTask, UnpackCommandTask, ZstdCommandTask } from '../sample-contract.ts';
import { fetchBytes, fetchWorkload } from './fetch-bytes.ts';
import { measure } from './measure.ts';

const run = promisify(execFile);
/** The output size that zstd recommends. */
const OUTPUT_SIZE = 128 * 1024;

/** One zstd stream over bytes in memory, compressed by zstd's own threads; the output is counted and dropped. */
export async function runSolidStream(
  { workload, level, workers }: SolidStreamTask,
  origin: string,
): Promise<SampleResult> {
  const input = await fetchWorkload(workload, origin);
  const context = new zstd.CCtx();
  context.setParameter(zstd.CParameter.compressionLevel, level);
  context.setParameter(zstd.CParameter.checksumFlag, 1);
  context.setParameter(zstd.CParameter.nbWorkers, workers);
  context.setPledgedSrcSize(input.length);
  const output = new Uint8Array(OUTPUT_SIZE);
  return measure(() => {
    let size = 0;
    for (let rest = input, left = 1; left > 0; ) {
      const [pending, produced, consumed] = context.compressStream2(output, rest, zstd.EndDirective.end);
      size += produced;
      rest = rest.subarray(consumed);
      left = pending;
    }
    return Promise.resolve(size);
  });
}

export function runZstdCommand({ workload, level, workers }: ZstdCommandTask, origin: string): Promise<SampleResult> {
  return inMemoryDirectory(async (directory) => {
    const file = join(directory, 'input');
    await writeFile(file, await fetchWorkload(workload, origin));
    return measure(async () => {
      await run('zstd', [`-T${workers}`, `-${level}`, '-q', '-f', '-o', '/dev/null', file]);
      return 0;
    });
  });
}

export function runUnpackCommand({ archives, inbound }: UnpackCommandTask, origin: string): Promise<SampleResult> {
  return inMemoryDirectory(async (directory) => {
    const files: string[] = [];
    for (const [index, { key }] of archives.entries()) {
      const file = join(directory, `${index}.tar.zst`);
      await writeFile(file, await fetchBytes(`${origin}/${inbound}/${key}`));
      files.push(file);
    }
    return measure(async () => {
      for (const file of files) await run('sh', ['-c', 'zstd -q -dc "$0" | tar -x -C "$1"', file, directory]);
      return 0;
    });
  });
}

/** A directory in memory, if the system has one. */
async function inMemoryDirectory(work: (directory: string) => Promise<SampleResult>): Promise<SampleResult> {
  const directory = await mkdtemp(join(await memoryRoot(), 'benchmark-'));
  try {
    return await work(directory);
  } finally {
    await rm(directory, { recursive: true });
  }
}

async function memoryRoot(): Promise<string> {
  const candidate = '/dev/shm';
  try {
    await access(candidate, constants.W_OK);
    return candidate;
  } catch {
    return tmpdir();
  }
}
