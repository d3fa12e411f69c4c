import Table from 'cli-table3';
import type { Row, Unit } from './row.ts';

/** The table for people. */
export function formatTable(rows: readonly Row[]): string {
  const table = new Table({
    head: ['row', 'what', 'measured', 'floor', 'ratio', 'goal', 'met'],
    colAligns: ['left', 'left', 'right', 'right', 'right', 'right', 'left'],
    style: { head: [], border: [] },
  });
  for (const row of rows) {
    const { name, title, unit, measured, floor, ratio, met } = row;
    table.push([
      name,
      title,
      formatNumber(measured, unit),
      floor === undefined ? '' : formatNumber(floor, unit),
      ratio === undefined ? '' : formatRatio(ratio),
      formatGoal(row),
      met === undefined ? '' : met ? 'yes' : 'NO',
    ]);
  }
  return table.toString();
}

/** One row in one line, shown while the rest is measured. */
export function formatRow({ name, unit, measured, ratio }: Row): string {
  const number = `${name}: ${formatNumber(measured, unit)}`;
  return ratio === undefined ? number : `${number}, ${formatRatio(ratio)} of the floor`;
}

/** One line per row with a floor or a remark. */
export function formatRemarks(rows: readonly Row[]): string {
  return rows
    .filter(({ floorIs, remark }) => floorIs !== undefined || remark !== undefined)
    .map(({ name, floorIs, remark }) => {
      const floor = floorIs === undefined ? [] : [`floor: ${floorIs}`];
      return `${name}: ${[...floor, ...(remark === undefined ? [] : [remark])].join('; ')}`;
    })
    .join('\n');
}

/** Four digits, because the goals for sizes are close to 1. */
export function formatRatio(ratio: number): string {
  return `${ratio.toFixed(4)}x`;
}

export function formatGoal({ goal, unit }: Row): string {
  if (goal === undefined) return '';
  const { of, bound, value } = goal;
  const sign = bound === 'at most' ? '<=' : '>=';
  if (of === 'ratio') return `${sign} ${value}x`;
  return `${sign} ${of === 'excess' ? 'floor + ' : ''}${formatNumber(value, unit)}`;
}

export function formatNumber(value: number, unit: Unit): string {
  switch (unit) {
    case 'seconds':
      return `${value.toFixed(2)} s`;
    case 'milliseconds':
      return value < 10 ? `${value.toFixed(3)} ms` : `${value.toFixed(0)} ms`;
    case 'bytes':
      return `${(value / 1e6).toFixed(1)} MB`;
    case 'objects/s':
      return `${Math.round(value).toLocaleString('en')}/s`;
    case 'requests':
      return value.toFixed(4);
    case 'ratio':
      return value.toFixed(2);
    case 'USD/GB':
      return `${value.toFixed(6)} USD`;
    case 'CPU s/GB':
      return `${value.toFixed(2)} s/GB`;
  }
}
