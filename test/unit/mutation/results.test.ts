import { appendFileSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { findMutants } from '../../mutation/find-mutants.ts';
import { Results } from '../../mutation/results.ts';

const mutants = findMutants('function f() { g(); h(); }');
const file = { file: 'src/a.ts', text: '', digest: '1', first: 0, mutants };
const [one, other] = mutants as [(typeof mutants)[number], (typeof mutants)[number]];

const all = (tests: number) => ({ tests, seconds: Number.POSITIVE_INFINITY });

test('a run that was killed resumes after the last known mutant, even if half a line was written', async () => {
  const path = join(mkdtempSync(join(tmpdir(), 'mutation-')), 'results.jsonl');
  await (await Results.open(path)).add(file, one, { verdict: 'noticed', tests: 3 });
  appendFileSync(path, '\n{"key":"src/a.ts');
  const results = await Results.open(path);
  expect(results.find(file, one, all(3))).toMatchObject({ verdict: 'noticed' });
  expect(results.find(file, other, all(3))).toBeUndefined();
  await results.add(file, other, { verdict: 'stuck', tests: 3 });
  expect((await Results.open(path)).find(file, other, all(3))).toMatchObject({ verdict: 'stuck' });
});

test('a mutant that the compiler rejected is not tried again, however many tests reach it now', async () => {
  const path = join(mkdtempSync(join(tmpdir(), 'mutation-')), 'results.jsonl');
  const results = await Results.open(path);
  await results.add(file, one, { verdict: 'refused', tests: 3, seconds: 1 });
  expect(results.find(file, one, all(4))).toMatchObject({ verdict: 'refused' });
});

test('results are discarded for a file that has changed, and for a survivor that more tests reach now', async () => {
  const path = join(mkdtempSync(join(tmpdir(), 'mutation-')), 'results.jsonl');
  const results = await Results.open(path);
  await results.add(file, one, { verdict: 'unnoticed', tests: 3 });
  expect(results.find(file, one, all(3))).toBeDefined();
  expect(results.find(file, one, all(4))).toBeUndefined();
  expect(results.find({ ...file, digest: '2' }, one, all(3))).toBeUndefined();
});

test('a survivor of a few tests is tried again when more tests are requested', async () => {
  const path = join(mkdtempSync(join(tmpdir(), 'mutation-')), 'results.jsonl');
  await (await Results.open(path)).add(file, one, { verdict: 'unnoticed', tests: 3, seconds: 4 });
  const results = await Results.open(path);
  expect(results.find(file, one, { tests: 3, seconds: 4 })).toBeDefined();
  expect(results.find(file, one, { tests: 3, seconds: 5 })).toBeUndefined();
  expect(results.find(file, one, all(3))).toBeUndefined();
});
