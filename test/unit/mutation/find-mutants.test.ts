import { expect, test } from '@jest/globals';
import { findMutants } from '../../mutation/find-mutants.ts';

const changes = (text: string): string[] => findMutants(text).map(({ change }) => change);

test('inverts comparisons, and makes conditions always true and always false', () => {
  expect(changes('if (a === b) c = 1;')).toEqual([
    'a === b -> a !== b',
    'a === b -> true',
    'a === b -> false',
    'c = 1; -> (nothing)',
  ]);
  expect(changes('const x = a ? b : c;')).toEqual(['a -> true', 'a -> false']);
});

test('removes statements with an effect, properties and spreads', () => {
  expect(changes('await store.remove(key);')).toEqual(['await store.remove(key); -> (nothing)']);
  expect(changes("put({ condition: 'absent', ...rest });")).toEqual([
    "put({ condition: 'absent', ...rest }); -> (nothing)",
    "condition: 'absent' -> (nothing)",
    '...rest -> (nothing)',
  ]);
});

test('ignores types, imports and error messages', () => {
  expect(
    changes("import { a } from './a.ts';\ninterface B { readonly c: true }\ntype D = false | (1 extends 2 ? 3 : 4);"),
  ).toEqual([]);
  expect(changes("throw new PackError(a ? 'b' : 'c');")).toEqual([]);
  expect(changes('class PackError extends Error { readonly retryable = true; }')).toEqual([]);
});

test('locates a mutant and replaces nothing else', () => {
  const text = 'const a = 1;\nconst b = !a;\n';
  const [mutant] = findMutants(text);
  expect(mutant).toMatchObject({ line: 2, replacement: 'a', within: '' });
  expect(text.slice(mutant?.start, mutant?.end)).toBe('!a');
});

test('distinguishes equal changes by their function and their position in it', () => {
  const text = 'class A { b() { c(); c(); } }\nconst d = () => { c(); };';
  expect(findMutants(text).map(({ within, nth }) => [within, nth])).toEqual([
    ['A.b', 1],
    ['A.b', 2],
    ['d', 1],
  ]);
});
