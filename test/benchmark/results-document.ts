import { formatGoal, formatNumber, formatRatio } from './report.ts';
import type { Row } from './row.ts';

/** How a run was made, as one sentence above its table. */
export interface RunDescription {
  readonly machine: string;
  readonly date: Date;
  readonly seconds: number;
}

/** `<!-- results -->` to `<!-- end -->` in docs/performance.md. */
const RESULTS = /(<!-- results -->\n)[\s\S]*?(<!-- end -->)/;
/** A row of the table, by its name. */
const ROW = (name: string): RegExp => new RegExp(`^\\| ${name} \\|.*$`, 'm');

/**
 * The document with the table of this run instead of the previous one.
 * @throws RangeError if it has no markers for it
 */
export function replaceResults(document: string, rows: readonly Row[], run: RunDescription): string {
  if (!RESULTS.test(document)) throw new RangeError('docs/performance.md has no <!-- results --> and <!-- end -->');
  const text = `${describeRun(run)}\n\n${renderResults(rows)}`;
  return document.replace(RESULTS, (_, begin: string, end: string) => `${begin}\n${text}\n\n${end}`);
}

/** The line of a row in the document. @throws RangeError if there is none */
export function readResult(document: string, name: string): string {
  const [line] = ROW(name).exec(document) ?? [];
  if (line === undefined) throw new RangeError(`docs/performance.md has no row ${name}`);
  return line;
}

function describeRun({ machine, date, seconds }: RunDescription): string {
  const minutes = Math.max(1, Math.round(seconds / 60));
  return `${machine}, ${date.toISOString().slice(0, 10)}, one run of \`npm run bench -- --write\` (${minutes} min).`;
}

/** As Markdown, with the description of the floor and the remark in the last column. */
function renderResults(rows: readonly Row[]): string {
  const head = ['row', 'what', 'measured', 'floor', 'ratio', 'goal', 'met', 'remark'];
  const lines = rows.map((row) => {
    const { name, title, unit, measured, floor, floorIs, ratio, met, remark } = row;
    const remarks = [
      ...(floorIs === undefined ? [] : [`floor: ${floorIs}`]),
      ...(remark === undefined ? [] : [remark]),
    ];
    return [
      name,
      title,
      formatNumber(measured, unit),
      floor === undefined ? '' : formatNumber(floor, unit),
      ratio === undefined ? '' : formatRatio(ratio),
      formatGoal(row),
      met === undefined ? '' : met ? 'yes' : '**no**',
      remarks.join('; '),
    ];
  });
  const table = [head, head.map(() => '---'), ...lines].map((cells) => `| ${cells.map(escapeCell).join(' | ')} |`);
  return table.join('\n');
}

function escapeCell(text: string): string {
  return text.replaceAll('|', '\\|');
}
