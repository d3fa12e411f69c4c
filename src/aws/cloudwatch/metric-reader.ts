import { type CloudWatchClient, type MetricDataQuery, paginateGetMetricData } from '@aws-sdk/client-cloudwatch';
import type { MetricAddress, MetricReader, ReadingWindow } from '../../watermark/dependencies.ts';
import { UnknownWatermarkError } from '../../watermark/errors.ts';
import type { Reading } from '../../watermark/reading.ts';

/** CloudWatch API reference, GetMetricData: "MetricDataQueries". */
const QUERIES_PER_CALL = 500;

type Statistic = 'Maximum' | 'Sum';

/** Reads maxima and sums from CloudWatch, each from its own region: one call per region and 500 metrics. */
export class CloudWatchMetricReader implements MetricReader {
  readonly #open: (region: string) => CloudWatchClient;
  readonly #clients = new Map<string, CloudWatchClient>();

  constructor(open: (region: string) => CloudWatchClient) {
    this.#open = open;
  }

  readMaxima(
    metrics: readonly MetricAddress[],
    window: ReadingWindow,
    signal?: AbortSignal,
  ): Promise<readonly (readonly Reading[])[]> {
    return this.#read(metrics, window, 'Maximum', signal);
  }

  /**
   * The sum of each metric over the window, in the order asked for; 0 where the metric has no data.
   * @throws UnknownWatermarkError
   */
  async readSums(metrics: readonly MetricAddress[], window: ReadingWindow): Promise<readonly number[]> {
    const readings = await this.#read(metrics, window, 'Sum');
    return readings.map((periods) => periods.reduce((sum, { value }) => sum + value, 0));
  }

  async #read(
    metrics: readonly MetricAddress[],
    window: ReadingWindow,
    statistic: Statistic,
    signal?: AbortSignal,
  ): Promise<readonly (readonly Reading[])[]> {
    const byRegion = Map.groupBy(metrics.entries(), ([, { region }]) => region);
    const readings = metrics.map((): Reading[] => []);
    await Promise.all(
      [...byRegion].map(async ([region, entries]) => {
        const queries = entries.map(([index, metric]) => queryFor(index, metric, window, statistic));
        for (let first = 0; first < queries.length; first += QUERIES_PER_CALL) {
          const some = queries.slice(first, first + QUERIES_PER_CALL);
          for await (const { index, reading } of this.#ask(region, some, window, signal))
            readings[index]?.push(reading);
        }
      }),
    );
    return readings;
  }

  async *#ask(
    region: string,
    MetricDataQueries: MetricDataQuery[],
    { from, to }: ReadingWindow,
    abortSignal?: AbortSignal,
  ): AsyncGenerator<{ index: number; reading: Reading }> {
    try {
      const pages = paginateGetMetricData(
        { client: this.#client(region) },
        { MetricDataQueries, StartTime: new Date(from), EndTime: new Date(to), ScanBy: 'TimestampDescending' },
        abortSignal === undefined ? {} : { abortSignal },
      );
      for await (const { MetricDataResults = [] } of pages) {
        for (const { Id = '', Timestamps = [], Values = [] } of MetricDataResults) {
          for (const [at, time] of Timestamps.entries()) {
            yield { index: Number(Id.slice(1)), reading: { time: time.getTime(), value: Values[at] ?? 0 } };
          }
        }
      }
    } catch (cause) {
      const said = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
      throw new UnknownWatermarkError(`CloudWatch in ${region} did not answer: ${said}`, {
        context: { region },
        cause,
      });
    }
  }

  #client(region: string): CloudWatchClient {
    const client = this.#clients.get(region) ?? this.#open(region);
    this.#clients.set(region, client);
    return client;
  }
}

/** Ids must begin with a letter. */
function queryFor(
  index: number,
  metric: MetricAddress,
  { periodSeconds }: ReadingWindow,
  statistic: Statistic,
): MetricDataQuery {
  return {
    Id: `m${index}`,
    MetricStat: {
      Metric: {
        Namespace: metric.namespace,
        MetricName: metric.name,
        Dimensions: Object.entries(metric.dimensions).map(([Name, Value]) => ({ Name, Value })),
      },
      Period: periodSeconds,
      Stat: statistic,
    },
  };
}
