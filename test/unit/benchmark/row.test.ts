import { describe, expect, it } from '@jest/globals';
import { atLeast, atMost, completeRow, median } from '../../benchmark/row.ts';

const spec = { name: 'row', title: 'a row', unit: 'seconds' } as const;

describe('completeRow', () => {
  it('meets an upper goal up to and including its value', () => {
    expect(completeRow({ ...spec, goal: atMost(2) }, { measured: 2 }).met).toBe(true);
    expect(completeRow({ ...spec, goal: atMost(2) }, { measured: 2.01 }).met).toBe(false);
  });

  it('meets a lower goal from its value on', () => {
    expect(completeRow({ ...spec, goal: atLeast(1000) }, { measured: 1000 }).met).toBe(true);
    expect(completeRow({ ...spec, goal: atLeast(1000) }, { measured: 999 }).met).toBe(false);
  });

  it('compares the ratio, not the number, if the goal is relative to the floor', () => {
    const row = completeRow({ ...spec, goal: atMost(1.35, 'ratio') }, { measured: 9, floor: 8, ratio: 1.1 });
    expect(row.met).toBe(true);
  });

  it('compares the difference from the floor if the goal is for the excess', () => {
    const goal = { of: 'excess', bound: 'at most', value: 1.3 } as const;
    expect(completeRow({ ...spec, goal }, { measured: 9.25, floor: 8 }).met).toBe(true);
    expect(completeRow({ ...spec, goal }, { measured: 9.4, floor: 8 }).met).toBe(false);
    expect(() => completeRow({ ...spec, goal }, { measured: 9 })).toThrow(TypeError);
  });

  it('does not judge a row without a goal', () => {
    expect(completeRow(spec, { measured: 1 }).met).toBeUndefined();
  });

  it('refuses to judge a ratio that was not measured', () => {
    expect(() => completeRow({ ...spec, goal: atMost(1, 'ratio') }, { measured: 1 })).toThrow(TypeError);
  });
});

describe('median', () => {
  it('is the middle value, or the mean of the middle two, in any order', () => {
    expect(median([3, 1, 10])).toBe(3);
    expect(median([4, 1, 10, 2])).toBe(3);
  });

  it('is NaN without values', () => {
    expect(median([])).toBeNaN();
  });
});
