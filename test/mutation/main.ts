import { createHash } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { Command, InvalidArgumentError } from 'commander';
import { isAccepted, parseSurvivors } from './accepted-survivors.ts';
import type { TestId } from './conversation.ts';
import { coverTests, ReachingTests } from './coverage.ts';
import type { Mutant } from './find-mutants.ts';
import { type MutatedFile, ROOMS, writeMutatedRooms } from './mutated-rooms.ts';
import { NoticingTests, ofFirstFiles } from './noticing-tests.ts';
import { type Result, Results } from './results.ts';
import { TestHost } from './test-host.ts';

const STATE = 'build/mutation';
/** Within a budget, a process that is begun for one mutant loads no more files of tests. */
const FILES_OF_A_NEW_PROCESS = 3;
const SURVIVORS = new URL('survivors.json', import.meta.url);

interface Options {
  readonly sample: number;
  readonly budget?: number;
  readonly fresh?: true;
}

const command = new Command('test:mutation')
  .description(
    'Changes the data path in one place at a time, and names the changes that no unit or property test notices.',
  )
  .argument('[files...]', `files of src, or what their paths begin with; without any, ${ROOMS.join(', ')}`)
  .option('--sample <n>', 'take every nth mutant of a file', parseCount, 1)
  .option(
    '--budget <seconds>',
    'try each mutant with tests that take so long together, and as long again with those that have noticed mutants of its file; with all that reach it',
    parseCount,
  )
  .option('--fresh', 'try what was tried before, too; otherwise a run resumes where the last one was ended')
  .parse();
const { sample, budget = Number.POSITIVE_INFINITY, fresh } = command.opts<Options>();

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
const host = new TestHost(`${STATE}/instrumented`, count, stop.signal);
const noticing = new NoticingTests();
const counts = { tried: 0, unnoticed: 0, accepted: 0 };
try {
  const coverage = await coverTests(host, { path: `${STATE}/coverage.jsonl`, rooms, tell });
  const tests = new ReachingTests(coverage);
  const results = await Results.open(`${STATE}/results.jsonl`);
  for (const file of files.filter(isAsked)) await tryFile(file, tests, results);
} catch (thrown) {
  if (!stop.signal.aborted) throw thrown;
} finally {
  host.close();
}
tell(
  `${counts.tried} mutants: ${counts.unnoticed} not noticed, ${counts.accepted} accepted in test/mutation/survivors.json`,
);
process.exitCode = stop.signal.aborted ? 130 : counts.unnoticed === 0 ? 0 : 1;

async function tryFile(file: MutatedFile, tests: ReachingTests, results: Results): Promise<void> {
  const begun = performance.now();
  const survivors: string[] = [];
  for (const [index, mutant] of file.mutants.entries()) {
    if (index % sample !== 0) continue;
    counts.tried += 1;
    const { verdict } = await tryMutant(file, index, mutant, { tests, results });
    if (verdict !== 'unnoticed') continue;
    if (isAccepted(accepted, file.file, mutant)) counts.accepted += 1;
    else survivors.push(`  ${file.file}:${mutant.line}  ${mutant.within}  ${mutant.change}`);
  }
  counts.unnoticed += survivors.length;
  const seconds = Math.round((performance.now() - begun) / 1000);
  tell([`${file.file}: ${file.mutants.length} mutants, ${seconds} s`, ...survivors].join('\n'));
}

async function tryMutant(
  file: MutatedFile,
  index: number,
  mutant: Mutant,
  { tests, results }: { readonly tests: ReachingTests; readonly results: Results },
): Promise<Result> {
  const number = file.first + index;
  const reaching = tests.of(number, file);
  const result = results.find(file, mutant, { tests: reaching.length, seconds: budget });
  const found =
    result ?? (await trySelected(number, select(file, reaching, tests.isImported(number)), tests.isImported(number)));
  if (found.by !== undefined) noticing.note(file.file, found.by);
  if (result !== undefined) return result;
  const tried: Result = {
    ...found,
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
  number: number,
  tests: readonly TestId[],
  isImported: boolean,
): Promise<Pick<Result, 'verdict' | 'by'>> {
  if (tests.length === 0 && !isImported) return { verdict: 'unnoticed' };
  const { kind, by } = await (isImported ? host.tryAfresh(number, tests) : host.try(number, tests));
  if (kind === 'spoiled') throw new Error(`${by?.file ?? 'A test'} fails in a new process, too, when it runs twice.`);
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
