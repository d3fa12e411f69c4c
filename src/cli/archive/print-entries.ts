import { formatBytes, formatCount } from '../command/numbers.ts';
import { printableKey } from '../command/printable-key.ts';
import type { ArchiveEntry, DamagedEntry, ReadableArchive } from './readable-archive.ts';

/** One line per object: size, time, key. */
export function renderListing(entries: readonly ArchiveEntry[]): string {
  const width = Math.max(0, ...entries.map(({ size }) => String(size).length));
  return entries
    .map(({ key, size, time = '' }) => `${String(size).padStart(width)}  ${time.padEnd(24)}  ${printableKey(key)}\n`)
    .join('');
}

/** A line of JSON per object. */
export function renderJsonLines(entries: readonly ArchiveEntry[]): string {
  return entries.map((entry) => `${JSON.stringify(entry)}\n`).join('');
}

export interface ArchiveSummary {
  readonly name: string;
  readonly format: string;
  readonly version?: string;
  readonly rule?: string;
  readonly level?: number;
  readonly frames?: number;
  readonly deletions?: number;
  readonly objects: number;
  /** Of the objects. */
  readonly bytes: number;
  readonly archiveBytes: number;
  /** Bytes of the objects divided by bytes of the archive. */
  readonly ratio: number;
}

export function summarizeEntries(
  name: string,
  { facts, entries }: ReadableArchive,
  archiveBytes: number,
): ArchiveSummary {
  const bytes = entries.reduce((sum, { size }) => sum + size, 0);
  return { name, ...facts, objects: entries.length, bytes, archiveBytes, ratio: bytes / archiveBytes };
}

export function renderSummary(summary: ArchiveSummary): string {
  const rows: [string, string][] = [
    ['Archive', printableKey(summary.name)],
    [
      'Format',
      summary.format === 'stream'
        ? 'public implementation: one zstd stream, no seek table, no checksums'
        : `seekable, version ${summary.version ?? ''}`,
    ],
    ...(summary.rule === undefined ? [] : [['Rule', printableKey(summary.rule)] as [string, string]]),
    ...(summary.level === undefined ? [] : [['Level', String(summary.level)] as [string, string]]),
    ...(summary.frames === undefined ? [] : [['Frames', formatCount(summary.frames)] as [string, string]]),
    ['Objects', formatCount(summary.objects)],
    ...(summary.deletions === undefined ? [] : [['Deletions', formatCount(summary.deletions)] as [string, string]]),
    [
      'Bytes',
      `${formatBytes(summary.bytes)} in ${formatBytes(summary.archiveBytes)}, ratio ${summary.ratio.toFixed(2)}`,
    ],
  ];
  const width = Math.max(...rows.map(([label]) => label.length));
  return rows.map(([label, value]) => `${label.padEnd(width)}  ${value}\n`).join('');
}

/** One line per object that is damaged or was refused. */
export function renderDamage(damaged: readonly DamagedEntry[]): string {
  return damaged.map(({ entry, reason }) => `${printableKey(entry.key)}: ${printableKey(reason)}\n`).join('');
}
