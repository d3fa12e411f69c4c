import { TIB } from '../../units.ts';
import { formatBytes, formatCount, formatPlural, formatShare } from '../command/numbers.ts';
import { wrapText } from '../command/wrap-text.ts';
import type { LevelCosts, LevelSimulation } from './simulate-levels.ts';

export interface SimulationReport extends LevelSimulation {
  readonly source: string;
  readonly objects: number;
  readonly bytes: number;
  readonly sampledBytes: number;
  readonly region: string;
  readonly to: readonly string[];
  readonly archives: number;
  readonly archiveBytes: number;
  /** Bytes per month, if given. */
  readonly monthlyBytes?: number;
}

const TERABYTE = TIB;
const DEFAULT_COLUMNS = 120;
/** Min share by which a fixed level must be cheaper to be worth a key in the configuration. */
const NOTEWORTHY = 0.005;

/** What `s3xrc simulate` prints. @param columns of the terminal */
export function renderSimulation(report: SimulationReport, columns = DEFAULT_COLUMNS): string {
  const { source, objects, bytes, sampledBytes, region, to, archives, archiveBytes } = report;
  const volume = report.monthlyBytes ?? TERABYTE;
  const table = renderLevelCosts([report.learned, ...report.fixed], volume, report.monthlyBytes !== undefined);
  const lines = [
    `${source}: ${formatPlural(objects, 'object')}, ${formatBytes(bytes)}; a sample of ${formatBytes(sampledBytes)} at every level, from ${region} to ${to.join(', ')}`,
    `${formatPlural(archives, 'archive')} of ${formatBytes(archiveBytes)}. Dollars are those that depend on the level: transfer and staging of archives, and CPU time.`,
    '',
    ...table,
    '',
    `Learning cost more than the best choice by ${report.progress.map(({ archives: count, overBest }) => `${formatShare(overBest)} up to archive ${formatCount(count)}`).join(', ')}.`,
    describeAdvice(report),
  ];
  return `${lines.flatMap((line) => (table.includes(line) ? [line] : wrapText(line, columns))).join('\n')}\n`;
}

function renderLevelCosts(rows: readonly LevelCosts[], volume: number, isMonthly: boolean): string[] {
  const cells = [
    ['level', 'ratio', 'CPU s/GB', isMonthly ? 'USD/month' : 'USD/TB', 'over best'],
    ...rows.map(({ level, ratio, cpuSecondsPerGigabyte, dollarsPerByte, overBest }) => [
      level,
      ratio.toFixed(2),
      cpuSecondsPerGigabyte.toFixed(1),
      (dollarsPerByte * volume).toFixed(2),
      formatShare(overBest),
    ]),
  ];
  const widths = (cells[0] ?? []).map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  return cells.map((row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  '),
  );
}

/** The recommended configuration. */
export function describeAdvice({ learned, fixed }: LevelSimulation): string {
  const [cheapest] = fixed.toSorted((left, right) => left.dollarsPerByte - right.dollarsPerByte);
  if (cheapest === undefined) return '';
  const saves = 1 - cheapest.dollarsPerByte / learned.dollarsPerByte;
  if (saves > NOTEWORTHY) {
    const value = cheapest.level === 'store' ? '"levels": ["store"]' : `"level": ${cheapest.level}`;
    return `Set ${value} in the rule: it is ${(100 * saves).toFixed(1)}% cheaper than learning.`;
  }
  const difference =
    saves < -NOTEWORTHY ? `costs ${(-100 * saves).toFixed(1)}% more than learning` : 'costs as much as learning';
  return `Leave "level" out of the rule: the cheapest fixed level, ${cheapest.level}, ${difference}, which adapts when the content changes.`;
}
