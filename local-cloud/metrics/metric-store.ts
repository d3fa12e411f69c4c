import { type MetricIdentity, type MetricRecord, parseEmf } from './parse-emf.ts';

interface MetricSample {
  readonly value: number;
  readonly count: number;
}

/** All observations of one metric, or of several together. */
export class MetricStatistics {
  readonly #ascending: readonly MetricSample[];
  readonly count: number;
  readonly sum: number;

  constructor(samples: readonly MetricSample[]) {
    this.#ascending = samples.toSorted((left, right) => left.value - right.value);
    this.count = samples.reduce((sum, { count }) => sum + count, 0);
    this.sum = samples.reduce((sum, { value, count }) => sum + value * count, 0);
  }

  /** Null if there are no observations. */
  get average(): number | null {
    return this.count === 0 ? null : this.sum / this.count;
  }

  get maximum(): number | null {
    return this.#ascending.at(-1)?.value ?? null;
  }

  /** The smallest value that at least `percent` % of the observations do not exceed; null for none. */
  percentile(percent: number): number | null {
    let seen = 0;
    for (const { value, count } of this.#ascending) {
      seen += count;
      if (seen * 100 >= this.count * percent) return value;
    }
    return null;
  }
}

/** The stand-in for CloudWatch Metrics: collects what functions write, and returns statistics. */
export class MetricStore {
  readonly #records: MetricRecord[] = [];

  /**
   * Stores the metrics in a line of a function's log, if it contains any.
   * @throws InvalidEmfError
   */
  read(line: string): void {
    this.#records.push(...(parseEmf(line) ?? []));
  }

  /** Each metric once. */
  metrics(): MetricIdentity[] {
    const byIdentity = new Map(
      this.#records.map(({ namespace, name, dimensions }) => [
        JSON.stringify([namespace, name, Object.entries(dimensions).toSorted()]),
        { namespace, name, dimensions },
      ]),
    );
    return [...byIdentity.values()];
  }

  /**
   * Statistics over the metrics of a name that have exactly these dimensions, whatever their values.
   * @param values only metrics with these values
   */
  statistics(
    name: string,
    dimensions: readonly string[],
    values: Readonly<Record<string, string>> = {},
  ): MetricStatistics {
    const wanted = dimensions.toSorted().join();
    const found = this.#records.filter(
      (record) =>
        record.name === name &&
        Object.keys(record.dimensions).toSorted().join() === wanted &&
        Object.entries(values).every(([dimension, value]) => record.dimensions[dimension] === value),
    );
    return new MetricStatistics(found.flatMap((record) => record.values));
  }
}
