import { formatCount } from './numbers.ts';

export interface ScanProgressOptions {
  /** What is counted, such as `objects queued`. */
  readonly what: string;
  /** Known before, or from a count. */
  readonly total?: number | undefined;
  /** Counted by an earlier run. */
  readonly begun?: number | undefined;
  readonly note: (text: string) => void;
  /** Milliseconds; only differences count. */
  readonly now: () => number;
}

const INTERVAL_MILLISECONDS = 5000;

/** A line of progress with rate and time left, every five seconds. */
export class ScanProgress {
  readonly #options: ScanProgressOptions;
  readonly #startedAt: number;
  #toldAt: number;

  constructor(options: ScanProgressOptions) {
    this.#options = options;
    this.#startedAt = options.now();
    this.#toldAt = this.#startedAt;
  }

  /** May be called often. @param more what else is worth saying */
  reach(count: number, more = ''): void {
    const now = this.#options.now();
    if (now - this.#toldAt < INTERVAL_MILLISECONDS) return;
    this.#toldAt = now;
    this.#options.note(this.describe(count, more));
  }

  describe(count: number, more = ''): string {
    const { what, total, begun = 0, now } = this.#options;
    const rate = (1000 * (count - begun)) / Math.max(1, now() - this.#startedAt);
    const of = total === undefined ? '' : ` of ${formatCount(total)}`;
    const left = total === undefined || rate === 0 ? '' : `, ${formatDuration((total - count) / rate)} left`;
    return `${formatCount(count)}${of} ${what}, ${formatCount(rate)}/s${left}${more === '' ? '' : `; ${more}`}`;
  }
}

/** `45 s`, `12 min`, `3.5 h`. */
export function formatDuration(seconds: number): string {
  const whole = Math.max(0, seconds);
  if (whole < 90) return `${whole.toFixed(0)} s`;
  if (whole < 5400) return `${(whole / 60).toFixed(0)} min`;
  return `${(whole / 3600).toFixed(1)} h`;
}
