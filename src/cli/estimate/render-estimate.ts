import { formatBilledBytes, formatCount, formatPlural } from '../command/numbers.ts';
import { printableKey } from '../command/printable-key.ts';
import { wrapText } from '../command/wrap-text.ts';
import { describeVerdict } from './describe-verdict.ts';
import type { Estimate, GroupEstimate } from './estimate.ts';
import { formatMonthly } from './format-monthly.ts';
import { savedBy } from './make-estimate.ts';

interface Column {
  readonly title: string;
  readonly cell: (group: GroupEstimate) => string;
}

const COLUMNS: readonly Column[] = [
  { title: 'prefix', cell: ({ prefix }) => printableKey(prefix) || '(all)' },
  { title: 'objects', cell: ({ objects }) => formatCount(objects) },
  { title: 'size', cell: ({ bytes }) => formatBilledBytes(bytes) },
  { title: 'mean', cell: ({ bytes, objects }) => formatBilledBytes(bytes / Math.max(1, objects)) },
  { title: 'ratio', cell: formatRatioWithMargin },
  { title: 'per month', cell: ({ month }) => formatBilledBytes(month.bytes) },
  { title: 'S3', cell: ({ month }) => formatMonthly(month.plain) },
  { title: 'ours', cell: ({ month }) => formatMonthly(month.ours) },
  { title: 'saves', cell: (group) => formatMonthly(savedBy(group)) },
  { title: 'rule', cell: ({ pays }) => (pays ? 'pays' : 'no') },
];
const GAP = '  ';
const DEFAULT_COLUMNS = 120;
/** What `formatBilledBytes` means. */
export const BILLED_UNITS = 'Sizes are as S3 bills them: 1 GB is 2^30 bytes.';
/** For the list that replaces a table that does not fit. */
const TITLE_WIDTH = 11;

export function formatRatioWithMargin({ ratio, ratioMargin }: GroupEstimate): string {
  return `${ratio.toFixed(2)} ±${ratioMargin.toFixed(2)}`;
}

/**
 * What `s3xrc estimate` prints.
 * @param columns of the terminal: what does not fit becomes a list
 */
export function renderEstimate(estimate: Estimate, columns = DEFAULT_COLUMNS): string {
  const { source, region, to, groups, total, fixed, verdict, monthIs, prices, remarks } = estimate;
  const rows = groups.length > 1 ? [...groups, total] : [total];
  const table = renderEstimates(rows);
  const fits = table.every((line) => line.length <= columns);
  const volume = monthIs === 'given' ? 'as given' : 'what was written in the last 30 days';
  const paragraphs = [
    `${source}: ${formatPlural(total.objects, 'object')}, ${formatBilledBytes(total.bytes)}, from ${region} to ${to.join(', ')}`,
    `Dollars are per month (${volume}): S3's own replication, and s3xrc, at prices of ${prices.date}. ${BILLED_UNITS}`,
    '',
    ...(fits ? table : rows.flatMap(renderBlock)),
    '',
    `Fixed: ${formatMonthly(fixed.rule)} per rule, and ${formatMonthly(fixed.regions)} for the regions, whatever the number of rules.`,
    ...remarks,
    '',
    describeVerdict(verdict, estimate),
  ];
  return `${paragraphs.flatMap((line) => (fits && table.includes(line) ? [line] : wrapText(line, columns))).join('\n')}\n`;
}

function renderEstimates(rows: readonly GroupEstimate[]): string[] {
  const cells = [COLUMNS.map(({ title }) => title), ...rows.map((row) => COLUMNS.map(({ cell }) => cell(row)))];
  if (rows.length > 1) (cells.at(-1) ?? [])[0] = '(all)';
  const widths = COLUMNS.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  return cells.map((row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join(GAP)
      .trimEnd(),
  );
}

function renderBlock(group: GroupEstimate): string[] {
  const [name, ...others] = COLUMNS;
  return [
    name?.cell(group) ?? '',
    ...others.map(({ title, cell }) => `${GAP}${title.padEnd(TITLE_WIDTH)}${cell(group)}`),
  ];
}
