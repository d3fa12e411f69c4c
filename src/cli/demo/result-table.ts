import Table from 'cli-table3';
import {
  formatAmount,
  formatBytes,
  formatCount,
  formatDollarsPerTerabyte,
  formatRatio,
  formatSeconds,
  formatShare,
} from '../command/numbers.ts';
import { monthTitle, sumsOf } from './cost-comparison.ts';
import type { DeletionsMade, DemoResult, ObjectShare } from './result.ts';

/** Max findings and dead letters that are listed individually; the report has all of them. */
const LISTED = 20;
const NO_INNER_LINES = { mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': '' };

/** The numbers of a run, for the terminal. */
export function renderResultTable(result: DemoResult): string {
  const { verification, deadLetters, faults, fallback, metrics } = result;
  const table = new Table({ style: { border: [] }, colAligns: ['left', 'right'], chars: NO_INNER_LINES });
  table.push(
    ['Objects', formatCount(result.objects)],
    ['Bytes', formatBytes(result.bytes)],
    ['Uploads, including overwritten versions', formatCount(result.uploads)],
    ['Events sent a second time', formatCount(result.repeatedEvents)],
    ...describeDeletions(result.deletions),
    ['Archives', formatCount(result.archives.length)],
    ['Objects in them', formatCount(result.packed.objects)],
    ['  of them packed again: repeated events, undeletes and failures', formatCount(result.packedAgain)],
    ['Compressed bytes', formatBytes(result.compressedBytes)],
    ['Ratio of uploads to archives', formatRatio(result.ratio)],
    ['First upload to last restore', formatSeconds(result.seconds)],
    ['Dead letters', formatCount(deadLetters.length)],
    ['Damaged archives refused', `${formatCount(result.refusedArchives)} of ${formatCount(result.damagedArchives)}`],
  );
  if (fallback !== undefined) {
    table.push(
      ['Objects packed by fallback tasks', shareText(fallback.packed)],
      ['Objects restored by fallback tasks', shareText(fallback.restored)],
    );
  }
  if (faults.rate > 0) {
    table.push(
      [`Calls made to fail (${(100 * faults.rate).toFixed(1)}%)`, formatCount(faults.failedCalls)],
      ['Workers killed', formatCount(faults.killedWorkers)],
      ['Invocations that failed', formatCount(faults.failedInvocations)],
      ['Statistics lost with DynamoDB', formatCount(metrics.failures.statistics)],
    );
    if (fallback !== undefined) {
      table.push(
        ['Fallback tasks killed', formatCount(fallback.killedTasks)],
        ['Fallback tasks reclaimed', formatCount(fallback.reclaimedTasks)],
      );
    }
  }
  table.push(
    ['Identical', formatCount(verification.identical)],
    ['Lost', formatCount(verification.lost)],
    ['Altered', formatCount(verification.altered)],
    ['Violations: wrong number of writes, archives left behind or unreadable', formatCount(result.violations.length)],
  );
  return [table.toString(), ...comparisonLines(result), ...listProblems(result), ...worthLines(result)].join('\n');
}

/** Empty if nothing was deleted. */
function describeDeletions({ deleted, overtaken, undeleted, rewritten, archives }: DeletionsMade): [string, string][] {
  if (archives === 0) return [];
  return [
    ['Deleted at the source after they arrived', formatCount(deleted)],
    ['Deleted before their archive arrived', formatCount(overtaken)],
    ['Deleted and undeleted', formatCount(undeleted)],
    ['Deleted and rewritten', formatCount(rewritten)],
    ['Archives that carried deletions', formatCount(archives)],
  ];
}

/** Dollars, line by line: for a TB of such objects, and for a month. */
function worthLines({ worth }: DemoResult): string[] {
  if (worth === undefined) return [];
  const { terabyte, month, verdict } = worth;
  const tables = [
    { title: 'USD per TB of such objects', of: terabyte },
    ...(month === undefined ? [] : [{ title: monthTitle(month), of: month }]),
  ].map(({ title, of }) => {
    const table = new Table({
      head: [title, 'S3 alone', 'with this', 'saved'],
      style: { head: [], border: [] },
      colAligns: ['left', 'right', 'right', 'right'],
      chars: NO_INNER_LINES,
    });
    for (const { what, plain, ours } of of.lines) {
      table.push([what, formatAmount(plain), formatAmount(ours), formatAmount(plain - ours)]);
    }
    const { plain, ours } = sumsOf(of);
    table.push(['net', formatAmount(plain), formatAmount(ours), formatAmount(of.net)]);
    return table.toString();
  });
  return [...tables, verdict];
}

function comparisonLines({ comparison = [], packed }: DemoResult): string[] {
  const [chosen] = comparison;
  if (chosen === undefined) return [];
  const table = new Table({
    head: ['Level', 'Compressed', 'CPU time', 'Dollars per TB', 'Over chosen levels'],
    style: { head: [], border: [] },
    colAligns: ['left', 'right', 'right', 'right', 'right'],
    chars: NO_INNER_LINES,
  });
  for (const cost of comparison) {
    table.push([
      cost.level,
      formatBytes(cost.compressedBytes),
      formatSeconds(cost.cpuSeconds),
      formatDollarsPerTerabyte(cost.dollars, packed.bytes),
      cost === chosen ? '' : formatShare(cost.dollars / chosen.dollars - 1),
    ]);
  }
  return [
    'Transfer, staging and CPU time of compression at the chosen levels, and at one level for everything:',
    table.toString(),
  ];
}

function shareText({ objects, bytes }: ObjectShare): string {
  return `${formatCount(objects)} (${formatBytes(bytes)})`;
}

function listProblems({ verification, deadLetters, violations }: DemoResult): string[] {
  return [
    ...listSome(
      verification.findings.map(
        ({ region, key, differences }) => `  ${region} ${quote(key)}: ${differences.join('; ')}`,
      ),
      'Differences',
    ),
    ...listSome(
      violations.map((violation) => `  ${violation}`),
      'Violations',
    ),
    ...listSome(
      deadLetters.map(({ queue, code, reason }) => `  ${queue} ${code}: ${reason}`),
      'Dead letters',
    ),
  ];
}

function listSome(lines: readonly string[], title: string): string[] {
  if (lines.length === 0) return [];
  const rest = lines.length > LISTED ? [`  ... and ${formatCount(lines.length - LISTED)} more`] : [];
  return [`${title}:`, ...lines.slice(0, LISTED), ...rest];
}

/** Keys may contain line breaks and terminal escape sequences. */
function quote(key: string): string {
  return JSON.stringify(key);
}
