import { Command } from 'commander';
import { closestWord } from '../../configuration/schema/closest-word.ts';
import type { CommandContext } from '../command/cli-command.ts';
import { UsageError } from '../command/errors.ts';
import { withMeter } from '../command/meter.ts';
import { formatBytes, formatPlural } from '../command/numbers.ts';
import { printableKey } from '../command/printable-key.ts';
import { runSubcommands } from '../command/run-subcommands.ts';
import { sharedOptions } from '../command/shared-options.ts';
import { extractEntries } from './extract-entries.ts';
import { type OpenReadable, openReadable } from './open-readable.ts';
import { renderDamage, renderJsonLines, renderListing, renderSummary, summarizeEntries } from './print-entries.ts';
import type { EntryChunk, ReadableArchive } from './readable-archive.ts';

interface SharedOptions {
  readonly json?: boolean;
  readonly debug?: boolean;
  readonly region?: string;
  readonly profile?: string;
}

interface ExtractFlags extends SharedOptions {
  readonly into: string;
  readonly overwrite?: boolean;
}

/**
 * `s3xrc archive`: reads archives of this product and of the public implementation, on disk or in S3, with ranged reads
 * if there is a seek table.
 * @returns 1 when an object is damaged or could not be written
 * @throws UsageError, UnreadableArchiveError, the errors of src/archive and of the storage port
 */
export function runArchive(args: readonly string[], context: CommandContext): Promise<number> {
  const command = new Command(`${context.program} archive`).description(
    'Read an archive from a file or from s3://bucket/key, with ranged reads. Every checksum is compared.',
  );
  let status = 0;
  const add = (name: string, description: string): Command =>
    command
      .command(name)
      .description(description)
      .argument('<archive>', 'a file, or s3://bucket/key')
      .addOption(sharedOptions.region('region of the bucket'))
      .addOption(sharedOptions.profile())
      .option('--debug', 'print each ranged read to standard error');

  add('ls', 'List the objects: size, time written, key')
    .addOption(sharedOptions.json('print a JSON object per line'))
    .action(async (name: string, options: SharedOptions) => {
      await using opened = await open(name, options, context);
      const { entries } = opened.readable;
      await context.print(options.json === true ? renderJsonLines(entries) : renderListing(entries));
    });
  add('info', 'Print format, rule, level, number of objects, sizes and ratio')
    .addOption(sharedOptions.json())
    .action(async (name: string, options: SharedOptions) => {
      await using opened = await open(name, options, context);
      const summary = summarizeEntries(name, opened.readable, opened.size);
      await context.print(options.json === true ? `${JSON.stringify(summary)}\n` : renderSummary(summary));
    });
  add('cat', 'Write the bytes of one object to standard output')
    .argument('<key>', 'key of the object, as `ls` prints it')
    .action(async (name: string, key: string, options: SharedOptions) => {
      await using opened = await open(name, options, context);
      const { readable } = opened;
      const index = findEntry(readable, key, name);
      const damaged = await readable.read(
        (candidate) => candidate === index,
        // The bytes belong to a recycled buffer, and a pipe may be slow.
        ({ bytes }) => context.print(Uint8Array.from(bytes)),
      );
      if (damaged.length === 0) return;
      status = 1;
      context.note(renderDamage(damaged).trimEnd());
    });
  add('verify', 'Read everything and compare every checksum')
    .addOption(sharedOptions.json())
    .action(async (name: string, options: SharedOptions) => {
      await using opened = await open(name, options, context);
      status = await verify(name, opened, options, context);
    });
  add('extract', 'Write objects as files, never outside the folder')
    .argument('[keys...]', 'keys of the objects to extract (default: all)')
    .option('--into <folder>', 'folder to write to', '.')
    .option('--overwrite', 'replace existing files')
    .action(async (name: string, keys: string[], options: ExtractFlags) => {
      await using opened = await open(name, options, context);
      status = await extract(name, keys, opened.readable, options, context);
    });
  return runSubcommands(command, args, context).then(() => status);
}

function open(name: string, { region, profile, debug }: SharedOptions, context: CommandContext): Promise<OpenReadable> {
  return openReadable(name, {
    signal: context.signal,
    ...(region === undefined ? {} : { region }),
    ...(profile === undefined ? {} : { profile }),
    ...(debug === true
      ? {
          onRead: (start: number, length: number) => {
            context.note(`read ${formatPlural(length, 'byte')} from byte ${start}`);
          },
        }
      : {}),
  });
}

/** @throws UsageError that names the closest key */
function findEntry({ entries }: ReadableArchive, key: string, archive: string): number {
  const index = entries.findIndex((entry) => entry.key === key);
  if (index >= 0) return index;
  const near = closestWord(
    key,
    entries.slice(0, MAX_SUGGESTED).map((entry) => entry.key),
  );
  const hint = near === undefined ? '`archive ls` lists its keys' : `did you mean "${printableKey(near)}"?`;
  throw new UsageError(`${archive} has no object "${printableKey(key)}"; ${hint}`);
}

/** With very many keys, finding the closest one would take longer than listing them. */
const MAX_SUGGESTED = 10_000;

async function verify(
  name: string,
  { readable, size }: OpenReadable,
  { json }: SharedOptions,
  context: CommandContext,
): Promise<number> {
  const { objects, bytes } = summarizeEntries(name, readable, size);
  const damaged = await withMeter(context, { what: 'Verifying', unit: 'bytes' }, (meter) => {
    let read = 0;
    return readable.read(undefined, (chunk) => {
      context.signal.throwIfAborted();
      read += chunk.bytes.length;
      meter.reach(read, bytes);
      return Promise.resolve();
    });
  });
  const good = objects - damaged.length;
  if (json === true) {
    const list = damaged.map(({ entry, reason }) => ({ key: entry.key, reason }));
    await context.print(`${JSON.stringify({ objects, bytes, good, damaged: list })}\n`);
  } else {
    await context.print(renderDamage(damaged));
    const compared =
      readable.facts.format === 'stream' ? 'sizes match (the archive has no checksums)' : 'checksums match';
    await context.print(
      damaged.length === 0
        ? `ok: ${formatPlural(objects, 'object')}, ${formatBytes(bytes)}, ${compared}\n`
        : `${formatPlural(damaged.length, 'object')} of ${objects} damaged, ${good} good\n`,
    );
  }
  return damaged.length === 0 ? 0 : 1;
}

async function extract(
  name: string,
  keys: readonly string[],
  readable: ReadableArchive,
  { into, overwrite: canOverwrite = false }: ExtractFlags,
  context: CommandContext,
): Promise<number> {
  const chosen = keys.length === 0 ? undefined : new Set(keys.map((key) => findEntry(readable, key, name)));
  const isWanted = (index: number): boolean => chosen?.has(index) !== false;
  const total = readable.entries.reduce((sum, { size }, index) => sum + (isWanted(index) ? size : 0), 0);
  const extraction = await withMeter(context, { what: 'Extracting', unit: 'bytes' }, (meter) => {
    let read = 0;
    const onChunk = (chunk: EntryChunk): void => {
      context.signal.throwIfAborted();
      read += chunk.bytes.length;
      meter.reach(read, total);
    };
    const wanted = chosen === undefined ? undefined : isWanted;
    return extractEntries(readable, { folder: into, canOverwrite, wanted, onChunk });
  });
  const { written, bytes, refused } = extraction;
  await context.print(`${formatPlural(written, 'object')}, ${formatBytes(bytes)}, written to ${into}\n`);
  if (refused.length === 0) return 0;
  context.note(renderDamage(refused).trimEnd());
  return 1;
}
