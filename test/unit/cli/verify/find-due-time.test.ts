import { describe, expect, test } from '@jest/globals';
import { findDueTime } from '../../../../src/cli/verify/find-due-time.ts';
import type { MetricAddress, MetricReader } from '../../../../src/watermark/dependencies.ts';
import { UnknownWatermarkError } from '../../../../src/watermark/errors.ts';
import { deployedRules } from '../../../support/deployed-rules.ts';

const NOW = Date.UTC(2026, 10, 29, 12, 0, 30);
const MINUTE = 60_000;
const [rule] = deployedRules([
  {
    source: { region: 'eu-west-1', bucket: 'objects' },
    destinations: [
      { region: 'us-east-1', bucket: 'first' },
      { region: 'us-west-2', bucket: 'second' },
    ],
  },
]);
if (rule === undefined) throw new TypeError('There is no rule');

/** CloudWatch with a watermark per region, in minutes, taken two minutes ago. */
function watermarks(minutes: Readonly<Record<string, number>>): MetricReader & { readonly asked: MetricAddress[] } {
  const asked: MetricAddress[] = [];
  return {
    asked,
    readMaxima: (metrics) => {
      asked.push(...metrics);
      return Promise.resolve(
        metrics.map(({ dimensions: { TargetRegion = '' } }) => {
          const age = minutes[TargetRegion];
          return age === undefined ? [] : [{ time: NOW - 2 * MINUTE, value: 60 * age }];
        }),
      );
    },
  };
}

describe('what is not due yet', () => {
  const find = (metrics: MetricReader, age?: number): ReturnType<typeof findDueTime> =>
    findDueTime(rule, { age, namespace: 'app' }, metrics, NOW);

  test('is everything younger than the oldest watermark', async () => {
    const metrics = watermarks({ 'us-east-1': 3, 'us-west-2': 200 });
    expect(await find(metrics)).toEqual({
      dueBefore: NOW - 202 * MINUTE,
      reason: 'younger than the watermark of us-west-2, 3 h',
    });
    expect(metrics.asked.map(({ region, namespace, name }) => [region, namespace, name])).toEqual(
      ['us-east-1', 'us-west-2'].map(() => [rule.source.region, 'app', 'WatermarkAgeSeconds']),
    );
  });

  test('is everything younger than the objective if a watermark is unknown', async () => {
    expect(await find(watermarks({ 'us-east-1': 3 }))).toEqual({
      dueBefore: NOW - 60 * MINUTE,
      reason: "younger than the rule's objective, 1 h, because the watermark is unknown: there is none for us-west-2",
    });
    const refused = { readMaxima: () => Promise.reject(new UnknownWatermarkError('CloudWatch refuses')) };
    expect((await find(refused)).reason).toContain('CloudWatch refuses');
  });

  test('is what the user specifies, without reading watermarks', async () => {
    const metrics = watermarks({});
    expect(await find(metrics, 0)).toMatchObject({ dueBefore: NOW });
    expect(metrics.asked).toEqual([]);
  });
});
