import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import { distributionLines, type WeightedValue } from './emf-distribution.ts';
import type { Unit } from './unit.ts';

/** Metrics in CloudWatch's embedded format, all with the same dimensions; each set of dimensions is billed on its own. */
export class DimensionedMetrics {
  readonly #namespace: string;
  readonly #dimensions: Readonly<Record<string, string>>;
  readonly #metrics: Metrics;
  readonly #counts = new Map<string, number>();
  readonly #distributions = new Map<string, { unit: Unit; values: WeightedValue[] }>();

  constructor(namespace: string, dimensions: Readonly<Record<string, string>>) {
    this.#namespace = namespace;
    this.#dimensions = dimensions;
    this.#metrics = new Metrics({ namespace });
    // Powertools adds its own `service` dimension, which would turn ours into different metrics.
    this.#metrics.clearDefaultDimensions();
    this.#metrics.setDefaultDimensions({ ...dimensions });
  }

  /** One observation. A ratio whose divisor was zero is left out. */
  observe(name: string, unit: Unit, value: number): void {
    if (Number.isFinite(value)) this.#metrics.addMetric(name, unit, value);
  }

  /** Something happened; written as one sum when the batch ends. */
  count(name: string, times = 1): void {
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + times);
  }

  /** Many observations at once. A name is either observed or distributed, never both. */
  distribute(name: string, unit: Unit, values: readonly WeightedValue[]): void {
    const known = this.#distributions.get(name);
    if (known === undefined) this.#distributions.set(name, { unit, values: [...values] });
    else known.values.push(...values);
  }

  flush(): void {
    for (const [name, times] of this.#counts) this.#metrics.addMetric(name, MetricUnit.Count, times);
    this.#counts.clear();
    if (this.#metrics.hasStoredMetrics()) this.#metrics.publishStoredMetrics();
    for (const [name, { unit, values }] of this.#distributions) {
      const metric = { namespace: this.#namespace, dimensions: this.#dimensions, name, unit };
      // Not `console`: Lambda's version adds a prefix to each line, and CloudWatch accepts only bare JSON.
      for (const line of distributionLines(metric, values, Date.now())) process.stdout.write(`${line}\n`);
    }
    this.#distributions.clear();
  }
}
