import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { Compiler } from '../../mutation/compiler.ts';
import { findMutants } from '../../mutation/find-mutants.ts';

const compiler = new Compiler({ lib: ['lib.es5.d.ts'], types: [] });

/** The mutants of the text that do not compile, by their change. */
function refused(text: string): string[] {
  const file = join(mkdtempSync(join(tmpdir(), 'mutation-')), 'a.mts');
  writeFileSync(file, text);
  return findMutants(text)
    .filter((mutant) => compiler.refuses(file, text, mutant))
    .map(({ change }) => change);
}

test('rejects a missing required property, and a missing guard that a type depends on', () => {
  const text = `
    interface Part { readonly size: number; readonly name?: string }
    export function part(size: number | undefined): Part {
      if (size === undefined) return { size: 0 };
      return { size: size * 2, name: 'b' };
    }`;
  expect(refused(text)).toEqual([
    'size === undefined -> size !== undefined',
    'size === undefined -> false',
    'size: 0 -> (nothing)',
    'size: size * 2 -> (nothing)',
  ]);
});

test('accepts wrong code that compiles, including code that is then unused', () => {
  const text = `
    declare function tell(value: number): void;
    export function f(value: number): number {
      const twice = 2 * value;
      tell(twice);
      return value > 0 ? 1 : 2;
    }`;
  expect(findMutants(text).length).toBeGreaterThan(4);
  expect(refused(text)).toEqual([]);
});

test('accepts a guard that always holds, since the code after it, whose types are unknown, never runs', () => {
  const text = `
    declare function g(value: number): number;
    export function f(value: number | undefined): number {
      if (value === undefined) return 0;
      return g(value);
    }
    export const h = (value: number | undefined): number => (value === undefined ? 0 : g(value));`;
  expect(refused(text)).not.toContain('value === undefined -> true');
  expect(refused(text)).toContain('value === undefined -> false');
});
