import { readdir } from 'node:fs/promises';
import { expect, test } from '@jest/globals';
import type { Experiment } from '../../benchmark/experiment.ts';

const FOLDER = new URL('../../benchmark/experiments/', import.meta.url);

test('every experiment loads, and no two rows have the same name', async () => {
  const modules = await Promise.all(
    (await readdir(FOLDER)).map((name) => import(new URL(name, FOLDER).href) as Promise<Record<string, unknown>>),
  );
  const experiments = modules
    .flatMap((module) => Object.values(module))
    .flat()
    .filter((value): value is Experiment => typeof value === 'object' && value !== null && 'rows' in value);
  const names = experiments.flatMap(({ rows }) => rows.map(({ name }) => name));
  expect(names.length).toBeGreaterThan(40);
  expect(names).toEqual([...new Set(names)]);
});
