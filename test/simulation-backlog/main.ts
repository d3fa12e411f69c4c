import Table from 'cli-table3';
import { backlogScenarios } from './scenarios.ts';
import { type BacklogFigures, simulateBacklog } from './simulate-backlog.ts';

/** `npm run simulate:backlog [-- EVENTS]`: a burst of events, with every kind of overload. */
const EVENTS = Number(process.argv[2] ?? 100_000);
const COUNT = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });

const table = new Table({
  head: [
    'A burst of events',
    'Seconds',
    'Restored',
    'Dead',
    'Most receives',
    'Requeued',
    'Runs (concurrent)',
    'GETs refused',
    'PUTs refused',
    'Concurrent PUTs',
  ],
  style: { head: [], border: [] },
});
let flawless = true;
for (const scenario of backlogScenarios(EVENTS)) {
  const figures = await simulateBacklog(scenario);
  flawless &&= figures.identical === scenario.events && figures.deadLetters.length === 0;
  table.push(rowOf(figures));
  process.stderr.write(`${scenario.name}: ${COUNT.format(figures.seconds)} s\n`);
}
process.stdout.write(`${table.toString()}\n`);
process.exitCode = flawless ? 0 : 1;

function rowOf(figures: BacklogFigures): string[] {
  const { scenario, source, target } = figures;
  return [
    scenario.name,
    COUNT.format(figures.seconds),
    COUNT.format(figures.identical),
    COUNT.format(figures.deadLetters.length),
    COUNT.format(figures.maxReceives),
    COUNT.format(figures.requeued),
    `${figures.sourceRuns} (${figures.maxSourceRuns}), ${figures.targetRuns} (${figures.maxTargetRuns})`,
    share(source),
    share(target),
    COUNT.format(target.maxInFlight),
  ];
}

function share({ calls, throttled }: { readonly calls: number; readonly throttled: number }): string {
  return calls === 0 ? '–' : `${((100 * throttled) / calls).toFixed(1)}%`;
}
