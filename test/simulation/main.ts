import { readFile, writeFile } from 'node:fs/promises';
import { availableParallelism, cpus } from 'node:os';
import Table from 'cli-table3';
import { Command } from 'commander';
import { PRICE_FILE, parsePriceFile, pricesFromFile } from '../../src/configuration/prices/price-file.ts';
import { measureCosts } from './cost-table.ts';
import { findMissedGoals, HORIZONS, type SimulatedWorkload, simulateWorkload } from './simulate.ts';
import { WORKLOADS } from './workloads.ts';

const PRICE_FILE_URL = new URL(`../../configuration/${PRICE_FILE}`, import.meta.url);

const { json, costs } = new Command('simulate:levels')
  .description(
    'Replays workloads with measured costs, and compares the choice of levels with the best one in hindsight.',
  )
  .option('--json <file>', 'write the numbers as JSON')
  .option('--costs <file>', 'write the measured cost table as JSON')
  .parse()
  .opts<{ readonly json?: string; readonly costs?: string }>();

const prices = pricesFromFile(parsePriceFile(await readFile(PRICE_FILE_URL, 'utf8')), undefined, {
  fromRegion: 'eu-west-1',
  toRegions: ['us-east-1'],
});
const table = await measureCosts((kind) => process.stderr.write(`measuring ${kind}\n`));
if (costs !== undefined) await writeFile(costs, `${JSON.stringify(table)}\n`);

const results: SimulatedWorkload[] = [];
for (const workload of WORKLOADS) results.push(await simulateWorkload(workload, table, prices));

const machine = `${availableParallelism()} x ${cpus()[0]?.model ?? 'unknown CPU'}, Node ${process.version}`;
process.stdout.write(`${machine}\nDollars over the oracle's, in %, after ${HORIZONS.join(' / ')} archives.\n`);
process.stdout.write(`${renderTable(results)}\n`);
const missed = results.flatMap((result) => findMissedGoals(result));
process.stdout.write(missed.length === 0 ? 'All goals are met.\n' : `Missed goals:\n${missed.join('\n')}\n`);
if (json !== undefined)
  await writeFile(json, `${JSON.stringify({ machine, horizons: HORIZONS, results, missed }, undefined, 2)}\n`);

function renderTable(workloads: readonly SimulatedWorkload[]): string {
  const [first] = workloads;
  const names = first?.packers.map(({ packer }) => packer) ?? [];
  const rows = new Table({ head: ['workload', ...names], style: { head: [], border: [] } });
  for (const { workload, packers } of workloads) {
    rows.push([workload, ...packers.map(({ regrets }) => regrets.map(formatPercent).join('\n'))]);
  }
  rows.push(['mean', ...names.map((_, index) => meanRegrets(workloads, index).map(formatPercent).join('\n'))]);
  return rows.toString();
}

/** Results of all workloads, at each horizon. */
function meanRegrets(workloads: readonly SimulatedWorkload[], packer: number): number[] {
  const regrets = workloads.map(({ packers }) => packers[packer]?.regrets ?? []);
  return HORIZONS.map(
    (_, index) => regrets.reduce((sum, each) => sum + (each[index] ?? Number.NaN), 0) / regrets.length,
  );
}

function formatPercent(share: number): string {
  return (share * 100).toFixed(Math.abs(share) < 0.1 ? 2 : 0);
}
