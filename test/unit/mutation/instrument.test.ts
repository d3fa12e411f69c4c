import { stripTypeScriptTypes } from 'node:module';
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from '@jest/globals';
import { findMutants } from '../../mutation/find-mutants.ts';
import { instrument } from '../../mutation/instrument.ts';
import { Switchboard } from '../../mutation/switchboard.ts';

/** Results of the text with each of its mutants switched on, by their change. */
function results(text: string): Record<string, unknown> {
  const mutants = findMutants(text);
  const mutation = new Switchboard(mutants.length);
  const program = stripTypeScriptTypes(instrument(text, mutants, 0));
  const run = (active: number): unknown => {
    mutation.active = active;
    return runInNewContext(`{ ${program}\n f(); }`, { mutation });
  };
  const original: unknown = run(-1);
  return { original, ...Object.fromEntries(mutants.map(({ change }, index) => [change, run(index)])) };
}

describe('an instrumented file', () => {
  test('behaves like the original until a mutant is switched on, and then applies only that one', () => {
    expect(results('function f(a: number = 1): string { return a === 1 && !(a < 0) ? "one" : "other"; }')).toEqual({
      original: 'one',
      'a === 1 && !(a < 0) -> a === 1 || !(a < 0)': 'one',
      'a === 1 && !(a < 0) -> true': 'one',
      'a === 1 && !(a < 0) -> false': 'other',
      'a === 1 -> a !== 1': 'other',
      '!(a < 0) -> (a < 0)': 'other',
      'a < 0 -> a <= 0': 'one',
    });
  });

  test('leaves out a statement, a property and a spread, even if an else belongs to the statement before', () => {
    const text =
      'function f() { const o = { a: 1, ...{ b: 2 } }; if (o.a) delete o.c; else Object.keys(o); return JSON.stringify(o); }';
    expect(results(text)).toMatchObject({
      original: '{"a":1,"b":2}',
      'b: 2 -> (nothing)': '{"a":1}',
      '...{ b: 2 } -> (nothing)': '{"a":1}',
    });
  });

  test('reports which mutants were reached since the last report', () => {
    const mutation = new Switchboard(3);
    mutation.is(0);
    mutation.is(2);
    expect(mutation.takeReached()).toEqual([0, 2]);
    expect(mutation.takeReached()).toEqual([]);
  });
});
