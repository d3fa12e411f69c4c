import { expect, test } from '@jest/globals';
import { encodeCheckpoint } from '../../../src/backfill/checkpoint.ts';
import { AccessDeniedError } from '../../../src/storage/errors.ts';
import { findOverdue } from '../../../src/verifying/find-overdue.ts';
import { deployedRules } from '../../support/deployed-rules.ts';

const NOW = Date.UTC(2026, 10, 30, 6);
const DAY = 24 * 3_600_000;
const NAMES = ['late', 'in-time', 'new', 'denied', 'of-another-version', 'in-progress', 'never'];
const rules = deployedRules(
  NAMES.map((bucket) => ({
    source: { region: 'eu-west-1', bucket, verify: bucket === 'never' ? 'never' : 'daily' },
    destinations: [{ region: 'us-east-1', bucket: `copy-of-${bucket}` }],
  })),
);

function textOf(bucket: string, rule: string): string | undefined {
  if (bucket === 'new') return undefined;
  if (bucket === 'of-another-version') return '{"version":2}';
  const days = bucket === 'in-time' ? 1 : 3;
  const isRunning = bucket === 'in-progress';
  return encodeCheckpoint({
    version: 1,
    kind: 'scheduled-verify',
    rule,
    filter: {},
    choices: {},
    startedAt: new Date(NOW - days * DAY).toISOString(),
    savedAt: new Date(isRunning ? NOW - 1000 : NOW - days * DAY).toISOString(),
    finished: !isRunning,
    counts: {},
  });
}

test('rules that their schedule no longer verifies are reported, whatever happens to the others', async () => {
  const asked: string[] = [];
  const told: string[] = [];
  const search = findOverdue({
    rules,
    checkpointOf: (id) => ({
      load: () => {
        const { source } = rules.find((rule) => rule.id === id) ?? { source: { bucket: '' } };
        asked.push(source.bucket);
        if (source.bucket === 'denied') return Promise.reject(new AccessDeniedError('403'));
        return Promise.resolve(textOf(source.bucket, id));
      },
    }),
    telemetry: {
      verificationOverdue: ({ source }, every, startedAt) => told.push(`${source.bucket} ${every} ${startedAt}`),
    },
    now: NOW,
  });
  await expect(search).rejects.toThrow('403');
  expect(told).toEqual(['late daily 2026-11-27T06:00:00.000Z']);
  expect(asked.toSorted()).toEqual(NAMES.filter((name) => name !== 'never').toSorted());
});
