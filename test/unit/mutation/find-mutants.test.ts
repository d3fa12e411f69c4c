import { expect, test } from '@jest/globals';
import { isAccepted, parseSurvivors } from '../../mutation/accepted-survivors.ts';
import { findMutants } from '../../mutation/find-mutants.ts';

const changes = (text: string): string[] => findMutants(text).map(({ change }) => change);

test('turns comparisons round and makes conditions hold always and never', () => {
  expect(changes('if (a === b) c = 1;')).toEqual(['a === b -> true', 'a === b -> false', '=== -> !==', 'c = 1; -> ;']);
  expect(changes('const x = a ? b : c;')).toEqual(['a -> true', 'a -> false']);
});

test('leaves out statements that have an effect, properties and spreads', () => {
  expect(changes('await store.remove(key);')).toEqual(['await store.remove(key); -> ;']);
  expect(changes("put({ condition: 'absent', ...rest });")).toEqual([
    "put({ condition: 'absent', ...rest }); -> ;",
    "condition: 'absent' -> ...{}",
    '...rest -> ...{}',
  ]);
});

test('lets types, imports and what errors say alone', () => {
  expect(
    changes("import { a } from './a.ts';\ninterface B { readonly c: true }\ntype D = false | (1 extends 2 ? 3 : 4);"),
  ).toEqual([]);
  expect(changes("throw new PackError(a ? 'b' : 'c');")).toEqual([]);
});

test('says where a mutant is, and replaces nothing else', () => {
  const text = 'const a = 1;\nconst b = !a;\n';
  const [mutant] = findMutants(text);
  expect(mutant).toMatchObject({ line: 2, replacement: 'a' });
  expect(text.slice(mutant?.start, mutant?.end)).toBe('!a');
});

test('a survivor is accepted with a reason only', () => {
  const list = [{ file: 'src/a.ts', change: 'a -> b', reason: 'the same order either way' }];
  expect(isAccepted(parseSurvivors(JSON.stringify(list)), 'src/a.ts', 'a -> b')).toBe(true);
  expect(isAccepted(list, 'src/a.ts', 'a -> c')).toBe(false);
  expect(() => parseSurvivors(JSON.stringify([{ ...list[0], reason: '' }]))).toThrow();
});
