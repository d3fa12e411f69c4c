import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';

type Unit = (typeof MetricUnit)[keyof typeof MetricUnit];

/** CloudWatch refuses empty dimension values; this one stands for them. */
const EVERYTHING = '*';

/** Metrics in CloudWatch's embedded format, all with the same dimensions; each set of dimensions is billed on its own. */
export class DimensionedMetrics {
  readonly #metrics: Metrics;
  readonly #counts = new Map<string, number>();

  constructor(namespace: string, dimensions: Readonly<Record<string, string>>) {
    this.#metrics = new Metrics({ namespace });
    // Powertools adds a `service` dimension of its own, which would make other metrics of ours.
    this.#metrics.clearDefaultDimensions();
    this.#metrics.setDefaultDimensions(
      Object.fromEntries(Object.entries(dimensions).map(([name, value]) => [name, value || EVERYTHING])),
    );
  }

  /** One observation. A ratio whose divisor was zero is none. */
  observe(name: string, unit: Unit, value: number): void {
    if (Number.isFinite(value)) this.#metrics.addMetric(name, unit, value);
  }

  /** Something happened; written as one sum when the batch ends. */
  count(name: string, times = 1): void {
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + times);
  }

  flush(): void {
    for (const [name, times] of this.#counts) this.#metrics.addMetric(name, MetricUnit.Count, times);
    this.#counts.clear();
    if (this.#metrics.hasStoredMetrics()) this.#metrics.publishStoredMetrics();
  }
}
