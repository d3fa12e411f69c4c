import { describe, expect, test } from '@jest/globals';
import { countPlanted, plantedByKind } from '../../../../../src/cli/demo/existing/judge-existing.ts';
import { MIN_OBJECTS, planBucket } from '../../../../../src/cli/demo/existing/plan-bucket.ts';

describe.each([MIN_OBJECTS, 2003, 20_000])('the plan of a bucket of %s objects', (objects) => {
  const plan = planBucket(objects, 'in/');
  const existing = new Set(plan.existing.map(({ key }) => key));
  const overwritten = plan.overwritten.flat().map(({ key }) => key);

  test('has that many keys below the prefix of the rule, and some that nobody can read', () => {
    expect(existing.size).toBe(objects);
    expect([...existing].every((key) => key.startsWith('in/existing/'))).toBe(true);
    expect(new Set(plan.archived.map(({ attributes }) => attributes.storageClass))).toEqual(new Set(['GLACIER']));
    expect(plan.archived.some(({ key }) => existing.has(key))).toBe(false);
  });

  test('overwrites one object in twenty with other bytes, in two halves', () => {
    expect(overwritten).toHaveLength(Math.floor(objects / 20));
    expect(overwritten.every((key) => existing.has(key))).toBe(true);
    const before = new Map(plan.existing.map(({ key, body }) => [key, JSON.stringify(body)]));
    for (const { key, body } of plan.overwritten.flat()) expect(JSON.stringify(body)).not.toBe(before.get(key));
  });

  test('plants 50 differences at 50 keys, ten of each kind, none of which is overwritten', () => {
    const kinds = plantedByKind(plan.planted);
    for (const keys of Object.values(kinds)) expect(keys).toHaveLength(10);
    expect(countPlanted(plan.planted)).toBe(50);
    const keys = Object.values(kinds).flat();
    expect(new Set(keys).size).toBe(50);
    expect(overwritten.some((key) => keys.includes(key))).toBe(false);
    const added = [...plan.planted.missing.unannounced, ...plan.planted.extra];
    for (const key of keys) expect(existing.has(key)).toBe(!added.includes(key));
    expect(plan.planted.different.sameSize.every((key) => key.startsWith(plan.readPrefix))).toBe(true);
  });
});
