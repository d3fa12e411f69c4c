import { describe, expect, test } from '@jest/globals';
import { MetricStore } from '../../../local-cloud/metrics/metric-store.ts';
import { parseEmf } from '../../../local-cloud/metrics/parse-emf.ts';

const TIMESTAMP = Date.parse('2026-11-23T19:15:00Z');

function line(
  values: Readonly<Record<string, unknown>>,
  dimensions: readonly (readonly string[])[] = [['Rule']],
): string {
  const Metrics = Object.keys(values).map((Name) => ({ Name, Unit: 'Count' }));
  return JSON.stringify({
    _aws: { Timestamp: TIMESTAMP, CloudWatchMetrics: [{ Namespace: 'stack', Dimensions: dimensions, Metrics }] },
    Rule: 'logs',
    Region: 'us-east-1',
    ...values,
  });
}

describe('reading the embedded metric format', () => {
  test('skips lines that are not metrics', () => {
    expect(parseEmf('{"level":"INFO","message":"Archive packed"}')).toBeUndefined();
    expect(parseEmf('START RequestId: 1')).toBeUndefined();
    expect(parseEmf('{"_aws":{"Timest')).toBeUndefined();
  });

  test('accepts a number, an array of numbers, and values with counts', () => {
    const records = parseEmf(line({ One: 1, Some: [1, 2], Many: { Values: [3, 4], Counts: [10, 20], Sum: 110 } }));
    expect(records?.map(({ name, values }) => [name, values])).toEqual([
      ['One', [{ value: 1, count: 1 }]],
      [
        'Some',
        [
          { value: 1, count: 1 },
          { value: 2, count: 1 },
        ],
      ],
      [
        'Many',
        [
          { value: 3, count: 10 },
          { value: 4, count: 20 },
        ],
      ],
    ]);
  });

  test('returns one metric per set of dimensions', () => {
    const records = parseEmf(line({ One: 1 }, [['Rule'], ['Rule', 'Region']])) ?? [];
    expect(records.map(({ dimensions }) => dimensions)).toEqual([
      { Rule: 'logs' },
      { Rule: 'logs', Region: 'us-east-1' },
    ]);
  });

  test.each([
    ['a metric without a value', line({ One: undefined })],
    ['more than 100 values', line({ One: new Array<number>(101).fill(1) })],
    ['values with fewer counts', line({ One: { Values: [1, 2], Counts: [1] } })],
    ['a dimension without a value', line({ One: 1 }, [['Nowhere']])],
    ['more than 100 metrics', line(Object.fromEntries(Array.from({ length: 101 }, (_, index) => [`M${index}`, 1])))],
  ])('rejects %s, which CloudWatch would drop', (_name, bad) => {
    expect(() => parseEmf(bad)).toThrow(expect.objectContaining({ code: 'EMF_INVALID' }));
  });
});

describe('the metric store', () => {
  const store = new MetricStore();
  store.read(line({ Latency: { Values: [1, 2, 10], Counts: [50, 40, 10] }, Objects: 100 }));
  store.read(line({ Objects: 20 }));
  store.read(line({ Objects: 7 }, [['Region']]));
  store.read('no metric');

  test('adds up metrics with the same dimensions, and no others', () => {
    expect(store.statistics('Objects', ['Rule']).sum).toBe(120);
    expect(store.statistics('Objects', ['Region'], { Region: 'us-east-1' }).sum).toBe(7);
    expect(store.statistics('Objects', ['Region'], { Region: 'eu-west-1' }).count).toBe(0);
  });

  test('calculates percentiles of weighted values as if each value occurred that often', () => {
    const latency = store.statistics('Latency', ['Rule']);
    expect([50, 90, 91, 100].map((percent) => latency.percentile(percent))).toEqual([1, 2, 10, 10]);
    expect(latency.average).toBeCloseTo(2.3);
    expect(latency.maximum).toBe(10);
  });

  test('has no statistics for a metric that was never written', () => {
    const { average, maximum, count } = store.statistics('Nothing', ['Rule']);
    expect({ average, maximum, count }).toEqual({ average: null, maximum: null, count: 0 });
  });

  test('lists each metric once', () => {
    expect(store.metrics().map(({ name, dimensions }) => [name, Object.keys(dimensions).join()])).toEqual([
      ['Latency', 'Rule'],
      ['Objects', 'Rule'],
      ['Objects', 'Region'],
    ]);
  });
});
