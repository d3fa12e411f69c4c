import { formatBytes, formatCount, formatDuration } from './numbers.ts';

/** The last line of a terminal, which progress overwrites. */
export interface StatusLine {
  /** Characters of a line. */
  readonly columns: number;
  /** Replaces the text of the line; `''` clears it. */
  readonly show: (text: string) => void;
}

/** The outputs for progress. */
export interface MeterOutput {
  readonly note: (text: string) => void;
  /** Absent: there is no terminal. */
  readonly statusLine?: StatusLine | undefined;
  /** Milliseconds; only differences count. */
  readonly now?: () => number;
}

/** What the meter counts. */
export interface MeterOptions {
  /** Name of the work, such as `Listing`. */
  readonly what: string;
  /** Unit of the numbers: `bytes`, or a plural such as `objects`. */
  readonly unit: string;
  /** Counted by an earlier run; not part of this run's rate. */
  readonly begun?: number;
}

export interface Meter {
  /**
   * May be called often.
   * @param value the progress, out of `total` if that is known
   * @param more additional text
   */
  readonly reach: (value: number, total?: number, more?: string) => void;
  /** Clears the line on a terminal. */
  readonly end: () => void;
}

/** Work of less than a second is not reported. */
const SILENT = 1000;
/** Milliseconds between two changes on a terminal, and between two lines of a log. */
const REFRESH = 125;
const LINE = 10_000;

/**
 * Progress with rate and time left: one line that is rewritten in place on a terminal, otherwise a new line from time
 * to time.
 */
export function startMeter(
  { note, statusLine, now = performance.now.bind(performance) }: MeterOutput,
  { what, unit, begun = 0 }: MeterOptions,
): Meter {
  const started = now();
  let said = started;
  const pause = statusLine === undefined ? LINE : REFRESH;
  return {
    reach: (value, total, more = '') => {
      const time = now();
      if (time - started < SILENT || time - said < pause) return;
      said = time;
      const rate = (1000 * (value - begun)) / (time - started);
      const text = `${what}: ${describeProgress(unit, { value, total, rate })}${more === '' ? '' : `; ${more}`}`;
      if (statusLine === undefined) note(text);
      else statusLine.show(text.slice(0, statusLine.columns - 1));
    },
    end: () => {
      statusLine?.show('');
    },
  };
}

/** Runs work with a meter that ends with it, even if it fails. */
export async function withMeter<T>(
  output: MeterOutput,
  options: MeterOptions,
  work: (meter: Meter) => Promise<T>,
): Promise<T> {
  const meter = startMeter(output, options);
  try {
    return await work(meter);
  } finally {
    meter.end();
  }
}

interface Reached {
  readonly value: number;
  readonly total: number | undefined;
  /** Per second. */
  readonly rate: number;
}

function describeProgress(unit: string, { value, total, rate }: Reached): string {
  const format = unit === 'bytes' ? formatBytes : formatCount;
  const noun = unit === 'bytes' ? '' : ` ${unit}`;
  const reached = total === undefined ? format(value) : `${format(value)} of ${format(total)}`;
  const perSecond = unit === 'bytes' || rate >= 10 ? format(rate) : rate.toFixed(1);
  const left = total === undefined || rate <= 0 ? '' : `, ${formatDuration((total - value) / rate)} left`;
  return `${reached}${noun}, ${perSecond}/s${left}`;
}
