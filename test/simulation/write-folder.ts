import { Buffer } from 'node:buffer';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { Command, InvalidArgumentError } from 'commander';
import { type Kind, makeSamples } from './content.ts';

/** Files of a megabyte, most of them text, as in a data lake that also keeps pictures and exports. */
const NAMES: readonly (readonly [kind: Kind, share: number, name: (number: number) => string])[] = [
  ['json', 0.25, (number) => `records/part-${number}.json`],
  ['logs', 0.25, (number) => `logs/access-${number}.log`],
  ['csv', 0.2, (number) => `sales/day-${number}.csv`],
  ['parquet', 0.15, (number) => `tables/part-${number}.parquet`],
  ['sensors', 0.05, (number) => `sensors/${number}.bin`],
  ['pictures', 0.05, (number) => `pictures/${number}.png`],
];
/** There are so many of each kind at least, see benchmark/workloads.ts. */
const DIFFERENT_SAMPLES = 30;
/** JSON that is gzipped already takes the rest. */
const GZIPPED_SHARE = 0.05;

const command = new Command('simulate:folder')
  .description('Writes a folder of mixed content, the same one each time, to try the demo on.')
  .argument('<folder>', 'where to')
  .option('--megabytes <size>', 'how much', parseSize, 128)
  .parse();
const [folder = ''] = command.args;
const { megabytes } = command.opts<{ readonly megabytes: number }>();

for (const [kind, share, name] of NAMES) await writeFiles(samplesOf(kind, countOf(share)), name);
const records = samplesOf('json', 4 * countOf(GZIPPED_SHARE));
await writeFiles(
  Array.from({ length: countOf(GZIPPED_SHARE) }, (_, index) =>
    gzipSync(Buffer.concat(records.slice(4 * index, 4 * index + 4))),
  ),
  (number) => `backup/records-${number}.json.gz`,
);

/** Each once, and from the first again where there are no more: further apart than any level looks. */
function samplesOf(kind: Kind, count: number): Uint8Array[] {
  const samples = makeSamples(kind, Math.min(count, DIFFERENT_SAMPLES));
  return Array.from({ length: count }, (_, index) => samples[index % samples.length] ?? new Uint8Array());
}

function countOf(share: number): number {
  return Math.max(1, Math.round(share * megabytes));
}

async function writeFiles(files: readonly Uint8Array[], name: (number: number) => string): Promise<void> {
  for (const [index, bytes] of files.entries()) {
    const path = join(folder, name(index + 1));
    await mkdir(join(path, '..'), { recursive: true });
    await writeFile(path, bytes);
  }
}

function parseSize(text: string): number {
  const size = Number(text);
  if (!/^\d+$/.test(text) || size < 16 || size > 10_000) {
    throw new InvalidArgumentError('A size is a whole number of megabytes from 16 to 10000.');
  }
  return size;
}
