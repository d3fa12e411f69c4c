import { expect, test } from '@jest/globals';
import { findMutants } from '../../mutation/find-mutants.ts';

const changes = (text: string): string[] => findMutants(text).map(({ change }) => change);

test('turns comparisons round and makes conditions hold always and never', () => {
  expect(changes('if (a === b) c = 1;')).toEqual([
    'a === b -> a !== b',
    'a === b -> true',
    'a === b -> false',
    'c = 1; -> (nothing)',
  ]);
  expect(changes('const x = a ? b : c;')).toEqual(['a -> true', 'a -> false']);
});

test('leaves out statements that have an effect, properties and spreads', () => {
  expect(changes('await store.remove(key);')).toEqual(['await store.remove(key); -> (nothing)']);
  expect(changes("put({ condition: 'absent', ...rest });")).toEqual([
    "put({ condition: 'absent', ...rest }); -> (nothing)",
    "condition: 'absent' -> (nothing)",
    '...rest -> (nothing)',
  ]);
});

test('lets types, imports and what errors say alone', () => {
  expect(
    changes("import { a } from './a.ts';\ninterface B { readonly c: true }\ntype D = false | (1 extends 2 ? 3 : 4);"),
  ).toEqual([]);
  expect(changes("throw new PackError(a ? 'b' : 'c');")).toEqual([]);
  expect(changes('class PackError extends Error { readonly retryable = true; }')).toEqual([]);
});

test('says where a mutant is, and replaces nothing else', () => {
  const text = 'const a = 1;\nconst b = !a;\n';
  const [mutant] = findMutants(text);
  expect(mutant).toMatchObject({ line: 2, replacement: 'a', within: '' });
  expect(text.slice(mutant?.start, mutant?.end)).toBe('!a');
});

test('tells equal changes apart by their function, and by their turn in it', () => {
  const text = 'class A { b() { c(); c(); } }\nconst d = () => { c(); };';
  expect(findMutants(text).map(({ within, nth }) => [within, nth])).toEqual([
    ['A.b', 1],
    ['A.b', 2],
    ['d', 1],
  ]);
});
