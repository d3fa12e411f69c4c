import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { findStale, isAccepted, parseSurvivors } from '../../mutation/accepted-survivors.ts';
import { findMutants } from '../../mutation/find-mutants.ts';

const survivors = parseSurvivors(readFileSync('test/mutation/survivors.json', 'utf8'));

test('each survivor in the list is a mutant of the current code, and is listed once', () => {
  const names = new Set(survivors.map(({ file }) => file));
  const files = new Map(Array.from(names, (file) => [file, findMutants(readFileSync(file, 'utf8'))]));
  const mutantsOf = (file: string) => files.get(file) ?? [];
  expect(findStale(survivors, mutantsOf)).toEqual([]);
  const changes = survivors.map(({ file, within, change, nth }) => `${file} ${within} ${change} ${nth}`);
  expect(changes.filter((change, index) => changes.indexOf(change) !== index)).toEqual([]);
});

test('a survivor is accepted only with a reason, and only for its own change', () => {
  const [first, second] = findMutants('function f() { g(); g(); }');
  if (first === undefined || second === undefined) throw new Error('no mutants');
  const entry = { file: 'src/a.ts', within: 'f', change: 'g(); -> (nothing)', reason: 'the same order either way' };
  const list = parseSurvivors(JSON.stringify([entry]));
  expect(isAccepted(list, 'src/a.ts', first)).toBe(true);
  expect(isAccepted(list, 'src/a.ts', second)).toBe(false);
  expect(isAccepted(list, 'src/b.ts', first)).toBe(false);
  expect(() => parseSurvivors(JSON.stringify([{ ...entry, reason: '' }]))).toThrow();
});

test('a survivor whose code has changed is stale', () => {
  const entry = { file: 'src/a.ts', within: 'f', change: 'g(); -> (nothing)', nth: 2, reason: 'saves a call only' };
  expect(findStale([entry], () => findMutants('function f() { g(); }'))).toEqual([entry]);
});
