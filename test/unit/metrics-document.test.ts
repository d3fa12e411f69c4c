import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { loadConfiguration } from '../../src/configuration/load.ts';
import { emittedMetrics } from '../support/emitted-metrics.ts';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));
const CONFIGURATION = join(PROJECT, 'configuration');
/** Names in the document that are dimensions or AWS metrics. */
const OTHERS = [
  ...['SourceBucket', 'SourcePrefix', 'TargetRegion'],
  ...['ApproximateAgeOfOldestMessage', 'ReplicationLatency'],
];

test('docs/metrics.md has every metric that the functions write, and no other', async () => {
  const text = readFileSync(join(PROJECT, 'docs/metrics.md'), 'utf8');
  const named = new Set([...text.matchAll(/`([A-Z][a-z]+[A-Za-z]+)`/g)].map(([, name = '']) => name));
  const prices = readFileSync(join(CONFIGURATION, 'prices.json'), 'utf8');
  const written = new Set(emittedMetrics(await loadConfiguration(CONFIGURATION), prices).map(({ name }) => name));
  const missing = [...written].filter((name) => !named.has(name));
  const unknown = [...named].filter((name) => !written.has(name) && !OTHERS.includes(name));
  expect(written.size).toBeGreaterThan(20);
  expect([
    ...missing.map((name) => `Add a row for \`${name}\` to docs/metrics.md.`),
    ...unknown.map(
      (name) =>
        `Nothing writes \`${name}\`: remove it from docs/metrics.md, or make test/support/emitted-metrics.ts call the method that writes it.`,
    ),
  ]).toEqual([]);
});
