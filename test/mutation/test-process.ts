/**
 * The process that loads tests over instrumented files and runs them as its parent asks: `node test-process.ts
 * DIRECTORY MUTANTS ACTIVE`. DIRECTORY has the instrumented files under the paths of the originals; ACTIVE is the
 * mutant that is active from the start, or -1.
 */
import { existsSync, readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { inspect } from 'node:util';
import fc from 'fast-check';
import type { Answer, FileCoverage, Request, TestCoverage, TestId, Verdict } from './conversation.ts';
import { type LoadedTest, loadTests } from './loaded-tests.ts';
import { Switchboard } from './switchboard.ts';

const BEAT_MILLISECONDS = 50;
const BEATS_TO_PARENT = 10;
/** A slow test may take this many times longer with a mutant. */
const SLOWER = 10;
const MIN_MILLISECONDS = 1500;

const [, , directory = '', mutants = '0', active = '-1'] = process.argv;
const switchboard = new Switchboard(Number(mutants));
Object.assign(globalThis, { mutation: switchboard });
switchboard.active = Number(active);

const PROJECT = pathToFileURL(`${process.cwd()}/`).href;
const SOURCES = `${PROJECT}src/`;

registerHooks({
  resolve: (specifier, context, next) =>
    specifier === '@jest/globals'
      ? { url: new URL('jest-globals.ts', import.meta.url).href, shortCircuit: true }
      : next(specifier, context),
  load: (url, context, next) => {
    const instrumented = url.startsWith(SOURCES) ? join(directory, url.slice(PROJECT.length)) : undefined;
    if (instrumented === undefined || !existsSync(instrumented)) return next(url, context);
    return { format: 'module-typescript', source: readFileSync(instrumented), shortCircuit: true };
  },
});
// Use the same cases each time, and do not shrink them: only whether a case fails matters.
fc.configureGlobal({ seed: 20_261_129, endOnFailure: true });

/** Tests may fake the clock, but not this timer. */
const beat = setInterval(() => {
  beats += 1;
  if (beats % BEATS_TO_PARENT === 0) answer({ kind: 'beat' });
  for (const listen of onBeat) listen();
}, BEAT_MILLISECONDS);
let beats = 0;
const onBeat = new Set<() => void>();

/** An uncaught error fails the running test. */
let uncaught: unknown;
for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
  process.on(event, (thrown: unknown) => {
    uncaught ??= thrown ?? new Error(event);
  });
}

const loaded = new Map<string, readonly LoadedTest[]>();

process.on('message', (request: Request) => {
  void (request.kind === 'cover' ? cover(request.file) : tryMutant(request));
});
process.on('disconnect', () => {
  clearInterval(beat);
  process.exit();
});

async function cover(file: string): Promise<void> {
  switchboard.takeReached();
  const tests = await load(file);
  const imported = switchboard.takeReached();
  const covered: TestCoverage[] = [];
  for (const test of tests) {
    const start = performance.now();
    const failure = await fails(test, Number.POSITIVE_INFINITY);
    const milliseconds = Math.round(performance.now() - start);
    const reached = switchboard.takeReached();
    covered.push({
      name: test.name,
      milliseconds,
      mutants: reached,
      ...(failure !== undefined && { failure: inspect(failure) }),
    });
  }
  answer({ kind: 'covered', coverage: { file, imported, tests: covered } satisfies FileCoverage });
}

async function tryMutant({ mutant, tests }: Extract<Request, { kind: 'try' }>): Promise<void> {
  const isFromTheStart = switchboard.active === mutant;
  for (const id of tests) {
    const verdict = await tryTest(id, mutant, isFromTheStart);
    if (verdict !== undefined) {
      answer({ kind: 'tried', verdict: { kind: verdict, by: id } });
      return;
    }
  }
  answer({ kind: 'tried', verdict: { kind: 'unnoticed' } });
}

async function tryTest(id: TestId, mutant: number, isFromTheStart: boolean): Promise<Verdict['kind'] | undefined> {
  const limit = MIN_MILLISECONDS + SLOWER * id.milliseconds;
  try {
    const test = (await load(id.file))[id.index];
    if (test === undefined) throw new Error(`${id.file} has fewer tests than before`);
    switchboard.active = mutant;
    answer({ kind: 'begun', milliseconds: id.milliseconds });
    const failure = await fails(test, limit);
    if (failure instanceof StuckError) return 'stuck';
    if (failure === undefined) return undefined;
    if (isFromTheStart) return 'noticed';
    switchboard.active = -1;
    return (await fails(test, limit)) === undefined ? 'noticed' : 'spoiled';
  } catch (thrown) {
    // Only a mutant that is active during loading can prevent it.
    if (isFromTheStart) return 'noticed';
    throw thrown;
  } finally {
    if (!isFromTheStart) switchboard.active = -1;
  }
}

async function load(file: string): Promise<readonly LoadedTest[]> {
  const tests = loaded.get(file) ?? (await loadTests(file));
  loaded.set(file, tests);
  return tests;
}

class StuckError extends Error {}

/**
 * Why the test fails, if it does.
 * @param limit in milliseconds of a clock that stops while this process gets no CPU
 */
async function fails(test: LoadedTest, limit: number): Promise<unknown> {
  uncaught = undefined;
  let left = limit / BEAT_MILLISECONDS;
  const stuck = Promise.withResolvers<never>();
  const count = (): void => {
    left -= 1;
    if (left < 0) stuck.reject(new StuckError(test.name));
  };
  onBeat.add(count);
  try {
    await Promise.race([test.run(), stuck.promise]);
    await turnOfTheLoop();
    return uncaught;
  } catch (thrown) {
    return thrown ?? new Error('failed without an error');
  } finally {
    onBeat.delete(count);
  }
}

const { setImmediate: soon } = globalThis;
function turnOfTheLoop(): Promise<void> {
  return new Promise((resolve) => soon(resolve));
}

function answer(message: Answer): void {
  process.send?.(message);
}

answer({ kind: 'beat' });
