import type { MetricAddress, ReadingWindow } from '../../watermark/dependencies.ts';
import type { Reading } from '../../watermark/reading.ts';
import type { AskedMetric, MetricSpan } from './plan-metrics.ts';

/** The part of CloudWatchMetricReader that is used. */
export interface MetricSource {
  readMaxima(metrics: readonly MetricAddress[], window: ReadingWindow): Promise<readonly (readonly Reading[])[]>;
  readSums(metrics: readonly MetricAddress[], window: ReadingWindow): Promise<readonly number[]>;
}

export interface MetricValues {
  /** By id; absent if there is no value, or it could not be read. */
  readonly values: ReadonlyMap<string, number>;
  /** A sentence for each thing that could not be read. */
  readonly unseen: readonly string[];
}

const MINUTE = 60;
/** CloudWatch keeps minutes for 15 days; a call has at most 100,800 values, of 500 metrics (GetMetricData). */
const SPANS: Readonly<Record<MetricSpan, { readonly seconds: number; readonly periodSeconds: number }>> = {
  hour: { seconds: 3600, periodSeconds: 5 * MINUTE },
  day: { seconds: 24 * 3600, periodSeconds: 3600 },
  // A watermark is written every five minutes, and SQS may be a few minutes late.
  newest: { seconds: 15 * MINUTE, periodSeconds: MINUTE },
};

/**
 * Reads the numbers of each region, 500 per call. A region that does not answer does not affect the others.
 * @param now milliseconds since 1970
 * @param onAnswer called when a region has answered, or has failed to
 */
export async function readMetrics(
  asked: readonly AskedMetric[],
  source: MetricSource,
  now: number,
  onAnswer: () => void = () => undefined,
): Promise<MetricValues> {
  const values = new Map<string, number>();
  const unseen = new Set<string>();
  const groups = [...Map.groupBy(asked, ({ span, address }) => `${address.region} ${span}`).values()];
  await Promise.all(
    groups.map(async (group) => {
      try {
        for (const [id, value] of await readGroup(group, source, now)) values.set(id, value);
      } catch (thrown) {
        unseen.add(thrown instanceof Error ? thrown.message : String(thrown));
      }
      onAnswer();
    }),
  );
  return { values, unseen: [...unseen] };
}

/** Metrics of one region and one span. */
async function readGroup(
  group: readonly AskedMetric[],
  source: MetricSource,
  now: number,
): Promise<readonly (readonly [id: string, value: number])[]> {
  const span = group[0]?.span ?? 'newest';
  const window = windowOf(span, now);
  const addresses = group.map(({ address }) => address);
  if (span !== 'newest') {
    const sums = await source.readSums(addresses, window);
    return group.map(({ id }, index) => [id, sums[index] ?? 0] as const);
  }
  const readings = await source.readMaxima(addresses, window);
  return group.flatMap(({ id }, index) => {
    const [newest] = readings[index] ?? [];
    return newest === undefined ? [] : [[id, newest.value] as const];
  });
}

/** CloudWatch rounds to whole minutes; the current period counts as far as it has progressed. */
function windowOf(span: MetricSpan, now: number): ReadingWindow {
  const { seconds, periodSeconds } = SPANS[span];
  const to = Math.ceil(now / (MINUTE * 1000)) * MINUTE * 1000;
  return { from: to - seconds * 1000, to, periodSeconds };
}
