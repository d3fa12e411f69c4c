import Table from 'cli-table3';
import { DAYS_PER_MONTH, ruleCosts, sumLines } from '../../src/adaptive/cost-model.ts';
import { examplePrices } from '../support/prices.ts';
import { exampleRule } from '../support/rules.ts';
import { percentile } from './percentile.ts';
import { backlog, burst, trickle } from './scenarios.ts';
import { type BacklogFigures, simulateBacklog } from './simulate-backlog.ts';

/**
 * `npm run simulate:latency`: from the last byte written to the object restored, with both services unchanged on
 * virtual time, and the monthly cost of archives at that pace. The default window and concurrency of a rule are chosen
 * from it.
 */
const WINDOWS = [1, 5, 20, 60, 300];
const CONCURRENCIES = [2, 5, 20, 50];
const AN_ARCHIVE = { archives: 1, objects: 0, originalBytes: 0, archiveBytes: 0, cpuSeconds: 0 };
const archiveDollars = sumLines(ruleCosts(exampleRule(), examplePrices()).ours, AN_ARCHIVE);

const table = new Table({
  head: ['Objects', 'Window', 'Concurrency', 'p50', 'p99', 'Archives', 'USD per month of archives'],
  style: { head: [], border: [] },
});
const scenarios = [
  ...WINDOWS.map((window) => trickle(window)),
  ...WINDOWS.map((window) => burst(window)),
  ...CONCURRENCIES.map((concurrency) => backlog(concurrency)),
];
let flawless = true;
for (const scenario of scenarios) {
  const figures = await simulateBacklog(scenario);
  flawless &&= figures.identical === scenario.events && figures.deadLetters.length === 0;
  table.push(rowOf(figures));
}
process.stdout.write(`${table.toString()}\n`);
process.exitCode = flawless ? 0 : 1;

function rowOf({ scenario, latencies, archives, seconds }: BacklogFigures): string[] {
  const { name, batchWindowSeconds = 20, scalingLimit, eventsPerSecond } = scenario;
  const perMonth = ((DAYS_PER_MONTH * 86_400) / seconds) * archives * archiveDollars;
  return [
    name,
    `${batchWindowSeconds} s`,
    String(scalingLimit),
    `${percentile(latencies, 0.5).toFixed(1)} s`,
    `${percentile(latencies, 0.99).toFixed(1)} s`,
    String(archives),
    // Only a steady stream lasts for a month.
    eventsPerSecond === undefined ? '' : perMonth.toFixed(2),
  ];
}
