import { glob, readFile } from 'node:fs/promises';
import { Command, InvalidArgumentError } from 'commander';
import { isAccepted, parseSurvivors } from './accepted-survivors.ts';
import { findMutants, type Mutant } from './find-mutants.ts';
import { MutatedTree } from './mutated-tree.ts';
import { chooseEvery } from './sample.ts';

/** Rooms in which a fault loses data. */
const ROOMS = ['messages', 'packing', 'restoring', 'storage', 'worker'];
const SURVIVORS = new URL('survivors.json', import.meta.url);
const PROJECT = new URL('../..', import.meta.url).pathname.replace(/\/$/, '');

interface Options {
  readonly sample: number;
}

const command = new Command('test:mutation')
  .description(
    'Changes the data path in one place at a time, and names the changes that no unit or property test notices.',
  )
  .argument('[files...]', `files of src; without any, those of ${ROOMS.join(', ')}`)
  .option('--sample <n>', 'take every nth mutant of a file', parseCount, 1)
  .parse();
const { sample } = command.opts<Options>();
const files = command.args.length > 0 ? command.args : await listFiles();

const accepted = parseSurvivors(await readFile(SURVIVORS, 'utf8'));
const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    stop.abort();
  });
}
const tree = await MutatedTree.copy(PROJECT, stop.signal);
let tried = 0;
let unnoticed = 0;
let excused = 0;
try {
  for (const file of files) {
    const mutants = chooseEvery(sample, findMutants(await readFile(`${PROJECT}/${file}`, 'utf8')));
    if (mutants.length === 0) continue;
    const tests = await tree.relatedTests(file);
    if (tests.length > 0) await tree.verify(tests);
    process.stdout.write(`${file}: ${mutants.length} mutants, ${tests.length} files of tests\n`);
    for (const mutant of mutants) {
      tried += 1;
      if (isAccepted(accepted, file, mutant.change)) {
        excused += 1;
        continue;
      }
      if (await tree.isNoticed(file, mutant, tests)) continue;
      unnoticed += 1;
      process.stdout.write(`  ${describe(file, mutant)}\n`);
    }
  }
} catch (thrown) {
  if (!stop.signal.aborted) throw thrown;
} finally {
  await tree.remove();
}
process.stdout.write(
  `${tried} mutants: ${unnoticed} not noticed, ${excused} accepted in test/mutation/survivors.json\n`,
);
process.exitCode = stop.signal.aborted ? 130 : unnoticed === 0 ? 0 : 1;

function describe(file: string, { line, change }: Mutant): string {
  return `${file}:${line}  ${change}`;
}

async function listFiles(): Promise<string[]> {
  const found: string[] = [];
  for await (const path of glob(`src/{${ROOMS.join(',')}}/**/*.ts`, { cwd: PROJECT })) found.push(path);
  return found.toSorted();
}

function parseCount(text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1) throw new InvalidArgumentError('Must be a whole number from 1.');
  return count;
}
