import { readFile, writeFile } from 'node:fs/promises';
import { availableParallelism, cpus } from 'node:os';
import { Command, InvalidArgumentError } from 'commander';
import type { Experiment } from './experiment.ts';
import { backfillOfManyKeys } from './experiments/backfill.ts';
import { coldStart } from './experiments/cold-start.ts';
import { functionMemory } from './experiments/function-memory.ts';
import { latencyOfObjects } from './experiments/latency.ts';
import { memoryOfLargeArchives, memoryOfLargeObjects, memoryOfSmallObjects } from './experiments/memory.ts';
import { overTls } from './experiments/over-tls.ts';
import { packAgainstSolid } from './experiments/pack-against-solid.ts';
import { restoreAgainstTar, restoreOfManyMembers } from './experiments/restore.ts';
import {
  cpuOfSmallObjects,
  ratioOfSmallObjects,
  requestsOfSmallObjects,
  throughputAtLatency,
} from './experiments/small-objects.ts';
import { transportAlone } from './experiments/transport.ts';
import { watermarkOfManyRoutes } from './experiments/watermark.ts';
import { isInstalled } from './is-installed.ts';
import { Laboratory } from './laboratory.ts';
import { formatRemarks, formatRow, formatTable } from './report.ts';
import { replaceResults } from './results-document.ts';
import { completeRow, type Row } from './row.ts';

const EXPERIMENTS: readonly Experiment[] = [
  ...packAgainstSolid,
  ...restoreAgainstTar,
  ...overTls,
  transportAlone,
  cpuOfSmallObjects,
  memoryOfLargeObjects,
  memoryOfLargeArchives,
  memoryOfSmallObjects,
  coldStart,
  throughputAtLatency,
  ratioOfSmallObjects,
  requestsOfSmallObjects,
  restoreOfManyMembers,
  watermarkOfManyRoutes,
  latencyOfObjects,
  functionMemory,
  backfillOfManyKeys,
];
const DOCUMENT = new URL('../../docs/performance.md', import.meta.url);
const NAMES = EXPERIMENTS.flatMap(({ rows }) => rows.map(({ name }) => name));

interface Options {
  readonly json?: string;
  readonly only: readonly string[];
  readonly quick: boolean;
  readonly reportOnly: boolean;
  readonly list: boolean;
  readonly write: boolean;
}

const options = new Command('bench')
  .description('Measures both services against zstd itself and against the goals of docs/performance.md.')
  .option('--json <file>', 'write the numbers as JSON')
  .option('--only <name>', 'measure this row; may be repeated', collectName, [])
  .option('--quick', 'one run of each sample, and fewer objects: for a quick look', false)
  .option('--report-only', 'end with status 0 even when a goal is missed', false)
  .option('--write', 'write the table to docs/performance.md; for a complete run on an idle machine', false)
  .option('--list', 'print the names of the rows and end', false)
  .parse()
  .opts<Options>();

if (options.write && (options.quick || options.only.length > 0)) {
  process.stderr.write('--write takes all rows of one run: leave out --quick and --only.\n');
  process.exitCode = 2;
} else if (options.list) process.stdout.write(`${NAMES.join('\n')}\n`);
else await measure(options);

async function measure({ only, quick, json, reportOnly, write }: Options): Promise<void> {
  const wanted = (name: string): boolean => only.length === 0 || only.includes(name);
  const started = performance.now();
  const elapsed = (): number => (performance.now() - started) / 1000;
  let current = '';
  const laboratory = new Laboratory({
    quick,
    onSample: ({ kind }) => {
      // A run takes minutes: this shows its progress, even in a log.
      tell(`${elapsed().toFixed(0).padStart(5)} s  ${current}: ${kind}${process.stderr.isTTY ? '' : '\n'}`);
    },
  });
  const rows: Row[] = [];
  try {
    for (const experiment of EXPERIMENTS.filter((one) => one.rows.some(({ name }) => wanted(name)))) {
      const missing = (experiment.needs ?? []).filter((command) => !isInstalled(command));
      if (missing.length > 0) {
        tell(
          `left out ${experiment.rows.map(({ name }) => name).join(', ')}: ${missing.join(' and ')} not installed\n`,
        );
        continue;
      }
      current = experiment.rows.map(({ name }) => name).join(', ');
      const measurements = await experiment.run(laboratory);
      experiment.rows.forEach((spec, index) => {
        const measurement = measurements[index];
        if (measurement === undefined) throw new TypeError(`Row ${spec.name} was not measured`);
        if (!wanted(spec.name)) return;
        const row = completeRow(spec, measurement);
        rows.push(row);
        tell(`${row.met === undefined ? '      ' : row.met ? 'met   ' : 'missed'} ${formatRow(row)}\n`);
      });
    }
  } finally {
    await laboratory.close();
  }
  const machine = `${availableParallelism()} x ${cpus()[0]?.model ?? 'unknown CPU'}, Node ${process.version}, ${process.platform} ${process.arch}`;
  const note = quick
    ? 'A quick run: one sample each, a quarter of the objects where rows count them. Not for conclusions.\n'
    : '';
  process.stdout.write(`${machine}\n${note}${formatTable(rows)}\n${formatRemarks(rows)}\n`);
  process.stdout.write(`${rows.length} rows in ${elapsed().toFixed(0)} s\n`);
  if (write) {
    const run = { machine, date: new Date(), seconds: elapsed() };
    await writeFile(DOCUMENT, replaceResults(await readFile(DOCUMENT, 'utf8'), rows, run));
  }
  if (json !== undefined) await writeFile(json, `${JSON.stringify({ machine, quick, rows }, undefined, 2)}\n`);
  if (!reportOnly && rows.some(({ met }) => met === false)) process.exitCode = 1;
}

/** Progress, apart from the result on stdout; on a terminal each line replaces the one before. */
function tell(text: string): void {
  process.stderr.write(process.stderr.isTTY ? `\r\u001b[K${text}` : text);
}

function collectName(name: string, names: readonly string[]): string[] {
  if (!NAMES.includes(name)) throw new InvalidArgumentError(`The rows are: ${NAMES.join(', ')}.`);
  return [...names, name];
}
