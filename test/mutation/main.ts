import { createHash } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { Command, InvalidArgumentError } from 'commander';
import { isAccepted, parseSurvivors } from './accepted-survivors.ts';
import { Compiler } from './compiler.ts';
import type { TestId } from './conversation.ts';
import { coverTests, ReachingTests } from './coverage.ts';
import type { Mutant } from './find-mutants.ts';
import { type MutatedFile, ROOMS, writeMutatedRooms } from './mutated-rooms.ts';
import { NoticingTests, ofFirstFiles } from './noticing-tests.ts';
import { type Result, Results } from './results.ts';
import { RoomCounts } from './room-counts.ts';
import { shareOut } from './share-out.ts';
import { TestHost } from './test-host.ts';

const STATE = 'build/mutation';
/** With a budget, the most test files that a process for a single mutant loads. */
const FILES_OF_A_NEW_PROCESS = 3;
const SURVIVORS = new URL('survivors.json', import.meta.url);

interface Options {
  readonly sample: number;
  readonly budget?: number;
  readonly processes: number;
  readonly fresh?: true;
}

const command = new Command('test:mutation')
  .description(
    'Changes the data path in one place at a time, and names the changes that no unit or property test notices.',
  )
  .argument('[files...]', `files of src, or prefixes of their paths; default: ${ROOMS.join(', ')}`)
  .option('--sample <n>', 'take every nth mutant of a file', parseCount, 1)
  .option(
    '--budget <seconds>',
    'try each mutant with tests for this long, and for as long again with tests that have noticed mutants of its file; default: all tests that reach it',
    parseCount,
  )
  .option(
    '--processes <n>',
    'processes that run tests, each for the mutants of one file',
    parseCount,
    availableParallelism(),
  )
  .option('--fresh', 'also try mutants that were tried before; otherwise a run resumes where the last one ended')
  .parse();
const { sample, budget = Number.POSITIVE_INFINITY, processes, fresh } = command.opts<Options>();

const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    stop.abort();
  });
}
const accepted = parseSurvivors(await readFile(SURVIVORS, 'utf8'));
if (fresh) await rm(STATE, { recursive: true, force: true });
const files = await writeMutatedRooms(`${STATE}/instrumented`);
const count = files.reduce((sum, { mutants }) => sum + mutants.length, 0);
const rooms = createHash('sha256').update(JSON.stringify(files)).digest('hex');
const hosts = Array.from({ length: processes }, () => new TestHost(`${STATE}/instrumented`, count, stop.signal));
const compiler = new Compiler();
const noticing = new NoticingTests();
const counts = new RoomCounts();
try {
  const coverage = await coverTests(hosts, { path: `${STATE}/coverage.jsonl`, rooms, tell });
  const tests = new ReachingTests(coverage);
  const results = await Results.open(`${STATE}/results.jsonl`);
  await shareOut(hosts, files.filter(isAsked), (host, file) => tryFile(file, { host, tests, results }));
} catch (thrown) {
  if (!stop.signal.aborted) throw thrown;
} finally {
  for (const host of hosts) host.close();
}
for (const line of counts.describe()) tell(line);
process.exitCode = stop.signal.aborted ? 130 : counts.unnoticed === 0 ? 0 : 1;

interface Means {
  readonly host: TestHost;
  readonly tests: ReachingTests;
  readonly results: Results;
}

async function tryFile(file: MutatedFile, means: Means): Promise<void> {
  const begun = performance.now();
  const survivors: string[] = [];
  counts.addFile(file.file, file.mutants.length);
  for (const [index, mutant] of file.mutants.entries()) {
    if (index % sample !== 0) continue;
    const { verdict, tests } = await tryMutant(file, index, mutant, means);
    const isListed = isAccepted(accepted, file.file, mutant);
    counts.add(file.file, verdict, isListed);
    if (verdict !== 'unnoticed' || isListed) continue;
    const unreached = tests === 0 ? '  (no test reaches it)' : '';
    survivors.push(`  ${file.file}:${mutant.line}  ${mutant.within}  ${mutant.change}${unreached}`);
  }
  const seconds = Math.round((performance.now() - begun) / 1000);
  tell([`${file.file}: ${file.mutants.length} mutants, ${seconds} s`, ...survivors].join('\n'));
}

async function tryMutant(
  file: MutatedFile,
  index: number,
  mutant: Mutant,
  { host, tests, results }: Means,
): Promise<Result> {
  const number = file.first + index;
  const isImported = tests.isImported(number);
  const reaching = tests.of(number, file);
  const known = results.find(file, mutant, { tests: reaching.length, seconds: budget });
  if (known?.by !== undefined) noticing.note(file.file, known.by);
  if (known !== undefined) return known;
  const found = await trySelected(host, number, select(file, reaching, isImported), isImported);
  if (found.by !== undefined) noticing.note(file.file, found.by);
  const isRefused = found.verdict === 'unnoticed' && compiler.refuses(file.file, file.text, mutant);
  const tried: Result = {
    ...found,
    ...(isRefused && { verdict: 'refused' }),
    tests: reaching.length,
    ...(budget < Number.POSITIVE_INFINITY && { seconds: budget }),
  };
  await results.add(file, mutant, tried);
  return tried;
}

function select({ file }: MutatedFile, reaching: readonly TestId[], isImported: boolean): readonly TestId[] {
  const selected = noticing.within(file, reaching, budget);
  return isImported && Number.isFinite(budget) ? ofFirstFiles(selected, FILES_OF_A_NEW_PROCESS) : selected;
}

async function trySelected(
  host: TestHost,
  number: number,
  tests: readonly TestId[],
  isImported: boolean,
): Promise<Pick<Result, 'verdict' | 'by'>> {
  if (tests.length === 0 && !isImported) return { verdict: 'unnoticed' };
  const { kind, by } = await (isImported ? host.tryAfresh(number, tests) : host.try(number, tests));
  if (kind === 'spoiled') throw new Error(`${by?.file ?? 'A test'} fails even in a new process when it runs twice.`);
  return { verdict: kind, ...(by && { by }) };
}

function isAsked({ file }: MutatedFile): boolean {
  return command.args.length === 0 || command.args.some((start) => file.startsWith(start));
}

function tell(line: string): void {
  process.stdout.write(`${line}\n`);
}

function parseCount(text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1) throw new InvalidArgumentError('Must be a whole number from 1.');
  return count;
}
