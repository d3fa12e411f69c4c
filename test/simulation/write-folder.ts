import { Buffer } from 'node:buffer';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { Command, InvalidArgumentError } from 'commander';
import { type Kind, makeSamples } from './content.ts';

/** Generated content, a megabyte per file: the kind, its share of the folder, and its names. */
const MADE: readonly (readonly [kind: Kind, share: number, name: (number: number) => string])[] = [
  ['logs', 0.1, (number) => `logs/access-${number}.log`],
  ['parquet', 0.2, (number) => `tables/part-${number}.parquet`],
  ['sensors', 0.05, (number) => `sensors/${number}.bin`],
  ['pictures', 0.05, (number) => `pictures/${number}.png`],
];
/**
 * Corpora of the benchmarks, which have this many different samples (benchmark/workloads.ts); the others are unlimited.
 */
const CORPORA: readonly Kind[] = ['json', 'logs'];
const SAMPLES_OF_CORPUS = 30;
/** JSON that is already gzipped, four megabytes per file. */
const GZIPPED_SHARE = 0.05;
/** The rest is text written by people: sources and documents of the installed packages. */
const TEXT_SHARE = 0.55;
const TEXT = new Set(['.js', '.ts', '.mts', '.cts', '.mjs', '.cjs', '.json', '.md', '.txt', '.yml', '.css', '.html']);
const PACKAGES = fileURLToPath(new URL('../../node_modules', import.meta.url));
const MEGABYTE = 1e6;

const command = new Command('simulate:folder')
  .description('Writes a folder of mixed content to try the demo on.')
  .argument('<folder>', 'folder to write')
  .option('--megabytes <size>', 'megabytes to write', parseSize, 128)
  .option(
    '--file-size <bytes>',
    'size of every file except the last of a kind: 25000 or 10000000',
    parseFileSize,
    MEGABYTE,
  )
  .parse();
const [folder = ''] = command.args;
const { megabytes, fileSize } = command.opts<{ readonly megabytes: number; readonly fileSize: number }>();

for (const [kind, share, name] of MADE) await writeFiles(samplesOf(kind, countOf(share)), name);
const records = samplesOf('json', 4 * countOf(GZIPPED_SHARE));
await writeFiles(
  Array.from({ length: countOf(GZIPPED_SHARE) }, (_, index) =>
    gzipSync(Buffer.concat(records.slice(4 * index, 4 * index + 4))),
  ),
  (number) => `backup/records-${number}.json.gz`,
);
await writeText(TEXT_SHARE * megabytes * MEGABYTE);

function countOf(share: number): number {
  return Math.max(1, Math.round(share * megabytes));
}

/** Each once, then from the first again: further apart than the window of any level. */
function samplesOf(kind: Kind, count: number): Uint8Array[] {
  const samples = makeSamples(kind, CORPORA.includes(kind) ? Math.min(count, SAMPLES_OF_CORPUS) : count);
  return Array.from({ length: count }, (_, index) => samples[index % samples.length] ?? new Uint8Array());
}

async function writeFiles(files: readonly Uint8Array[], name: (number: number) => string): Promise<void> {
  const cut = fileSize === MEGABYTE ? files : [...cutEvenly(Buffer.concat(files), fileSize)];
  for (const [index, bytes] of cut.entries()) await write(name(index + 1), bytes);
}

function* cutEvenly(bytes: Buffer, size: number): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

/**
 * Texts in the order of their names, concatenated into files of one size, until there are enough bytes or no texts are
 * left.
 */
async function writeText(bytes: number): Promise<void> {
  const names = await readdir(PACKAGES, { recursive: true, withFileTypes: true });
  const paths = names.filter((entry) => entry.isFile() && TEXT.has(extname(entry.name)));
  const texts: Buffer[] = [];
  let size = 0;
  for (const path of paths.map(({ parentPath, name }) => join(parentPath, name)).toSorted()) {
    if (size >= bytes) break;
    const text = await readFile(path);
    texts.push(text);
    size += text.length;
  }
  const files = [...cutEvenly(Buffer.concat(texts), fileSize)];
  for (const [index, file] of files.entries()) await write(`text/sources-${index + 1}.txt`, file);
}

async function write(name: string, bytes: Uint8Array): Promise<void> {
  const path = join(folder, name);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, bytes);
}

function parseFileSize(text: string): number {
  const size = Number(text);
  if (!/^\d+$/.test(text) || size < 1000 || size > 100 * MEGABYTE) {
    throw new InvalidArgumentError('The size of a file is a whole number of bytes from 1,000 to 100,000,000.');
  }
  return size;
}

function parseSize(text: string): number {
  const size = Number(text);
  if (!/^\d+$/.test(text) || size < 16 || size > 1000) {
    throw new InvalidArgumentError('A size is a whole number of megabytes from 16 to 1000.');
  }
  return size;
}
