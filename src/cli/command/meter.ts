import { formatBytes, formatCount, formatSeconds } from './numbers.ts';

/** The last line of a terminal, which progress writes over. */
export interface StatusLine {
  /** Characters of a line. */
  readonly columns: number;
  /** Puts this text in the place of the one before; `''` leaves the line empty. */
  readonly show: (text: string) => void;
}

/** Where progress goes. */
export interface MeterOutput {
  readonly note: (text: string) => void;
  /** Absent: nobody looks at a terminal. */
  readonly statusLine?: StatusLine;
  /** Milliseconds; only differences count. */
  readonly now?: () => number;
}

export interface Meter {
  /** @param value how far it is, of `total` if that is known */
  reach(value: number, total?: number): void;
  /** Leaves nothing behind on a terminal. */
  end(): void;
}

/** Nothing is said of what is done within a second. */
const SILENT = 1000;
/** Between two changes on a terminal, and between two lines of a log. */
const REFRESH = 125;
const LINE = 10_000;

/**
 * Progress with rate and time left: one line that is rewritten in place on a terminal, otherwise a new line now and then.
 * @param what is done, such as `Listing`
 * @param unit of the numbers
 */
export function startMeter(
  { note, statusLine, now = performance.now.bind(performance) }: MeterOutput,
  what: string,
  unit: 'bytes' | 'objects',
): Meter {
  const begun = now();
  let said = begun;
  const pause = statusLine === undefined ? LINE : REFRESH;
  return {
    reach: (value, total) => {
      const time = now();
      if (time - begun < SILENT || time - said < pause) return;
      said = time;
      const text = describeProgress(what, unit, { value, total, seconds: (time - begun) / 1000 });
      if (statusLine === undefined) note(text);
      else statusLine.show(text.slice(0, statusLine.columns - 1));
    },
    end: () => {
      statusLine?.show('');
    },
  };
}

interface Reached {
  readonly value: number;
  readonly total: number | undefined;
  readonly seconds: number;
}

function describeProgress(what: string, unit: 'bytes' | 'objects', { value, total, seconds }: Reached): string {
  const format = unit === 'bytes' ? formatBytes : formatCount;
  const rate = value / seconds;
  const reached =
    total === undefined
      ? `${format(value)}${unit === 'bytes' ? '' : ` ${unit}`}`
      : `${format(value)} of ${format(total)}`;
  const left = total === undefined || rate === 0 ? '' : `, ${formatSeconds(Math.max(0, total - value) / rate)} left`;
  return `${what}: ${reached}, ${format(rate)}/s${left}`;
}
